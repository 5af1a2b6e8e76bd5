import { longFuzz } from "@mcp-assistant/testing";
import { handlerFuzz } from "./handler-fuzz.js";

handlerFuzz(longFuzz);
