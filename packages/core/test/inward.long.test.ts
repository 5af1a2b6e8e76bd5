import { loopbackSpellings } from "@mcp-assistant/testing/addresses";
import { inwardScenario } from "./inward.js";

inwardScenario(loopbackSpellings);
