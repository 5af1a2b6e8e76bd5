import { sideBySideScenario } from "./side-by-side.js";

sideBySideScenario({ plans: 1_500, seed: 2 });
