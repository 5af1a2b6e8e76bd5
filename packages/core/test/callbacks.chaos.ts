import { callbacksScenario } from "./callbacks.js";

callbacksScenario({ pairs: 1_000 });
