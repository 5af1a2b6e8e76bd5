import { eventScenarios, shortForm } from "./events-scenarios.js";
import { openStockReader } from "./events-stock-reader.js";

eventScenarios("a stock tRPC client", openStockReader, shortForm);
