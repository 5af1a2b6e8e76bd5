import { longForm, tenantsScenario } from "./tenants.js";

tenantsScenario(longForm);
