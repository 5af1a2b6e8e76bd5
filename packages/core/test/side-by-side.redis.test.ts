import { sideBySideScenario } from "./side-by-side.js";

sideBySideScenario({ plans: 40, seed: 1 });
