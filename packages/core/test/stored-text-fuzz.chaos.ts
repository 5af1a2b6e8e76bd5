import { longFuzz } from "@mcp-assistant/testing";
import { storedTextFuzz } from "./stored-text-fuzz.js";

await storedTextFuzz(longFuzz);
