import { startStandalone } from "./stream-hosts.js";
import { stalledReaderScenario } from "./stream-stalled.js";

stalledReaderScenario("a host's tRPC app", startStandalone);
