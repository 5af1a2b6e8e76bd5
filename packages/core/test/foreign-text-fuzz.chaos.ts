import { longFuzz } from "@mcp-assistant/testing/fuzz";
import { foreignNamesFuzz, foreignServersFuzz } from "./foreign-text-fuzz.js";

foreignServersFuzz(longFuzz);
foreignNamesFuzz(longFuzz);
