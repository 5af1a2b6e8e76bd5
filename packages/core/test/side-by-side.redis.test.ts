import { sideBySideScenario } from "./side-by-side.js";

sideBySideScenario({ plans: 30, seed: 1, sees: ["won", "overtaken", "declined", "disconnect", "signOut"] });
