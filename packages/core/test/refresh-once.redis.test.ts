import { refreshOnceScenario } from "./refresh-once.js";

refreshOnceScenario({ expiries: 40, processes: 4, callers: 16 });
