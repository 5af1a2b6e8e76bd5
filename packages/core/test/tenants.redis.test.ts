import { shortForm, tenantsScenario } from "./tenants.js";

tenantsScenario(shortForm);
