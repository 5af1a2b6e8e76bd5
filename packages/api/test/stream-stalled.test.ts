import { startOurHandler } from "./stream-hosts.js";
import { boundedQueueScenario, stalledReaderScenario } from "./stream-stalled.js";

boundedQueueScenario();
stalledReaderScenario("our handler", startOurHandler);
