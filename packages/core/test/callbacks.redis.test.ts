import { callbacksScenario } from "./callbacks.js";

callbacksScenario({ pairs: 50 });
