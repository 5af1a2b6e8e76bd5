import { sideBySideScenario } from "./side-by-side.js";

sideBySideScenario({ plans: 600, seed: 2 });
