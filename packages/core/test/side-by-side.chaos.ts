import { sideBySideScenario } from "./side-by-side.js";

const often = ["won", "overtaken", "declined", "disconnect", "forget"];
const seldom = ["failed", "unknown", "remove", "expire", "stepUpDeclined"];

sideBySideScenario({ plans: 600, seed: 2, sees: [...often, ...seldom] });
