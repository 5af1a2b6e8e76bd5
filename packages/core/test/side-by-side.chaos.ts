import { sideBySideScenario } from "./side-by-side.js";

const often = ["won", "overtaken", "declined", "disconnect", "signOut"];
const seldom = ["expired", "SESSION_NOT_FOUND", "remove", "expire", "stepUpDeclined"];

sideBySideScenario({ plans: 600, seed: 2, sees: [...often, ...seldom] });
