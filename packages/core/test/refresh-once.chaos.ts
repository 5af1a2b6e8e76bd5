import { refreshOnceScenario } from "./refresh-once.js";

refreshOnceScenario({ expiries: 500, processes: 4, callers: 16 });
