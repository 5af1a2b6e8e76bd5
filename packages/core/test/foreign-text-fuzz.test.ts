import { shortFuzz } from "@mcp-assistant/testing/fuzz";
import { foreignNamesFuzz, foreignServersFuzz } from "./foreign-text-fuzz.js";

foreignServersFuzz(shortFuzz);
foreignNamesFuzz(shortFuzz);
