import { eventScenarios, mediumForm } from "./events-scenarios.js";
import { openStockReader } from "./events-stock-reader.js";

eventScenarios("a stock tRPC client", openStockReader, mediumForm);
