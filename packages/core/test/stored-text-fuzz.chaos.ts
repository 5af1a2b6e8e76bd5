import { longFuzz } from "@mcp-assistant/testing/fuzz";
import { storedTextFuzz } from "./stored-text-fuzz.js";

await storedTextFuzz(longFuzz);
