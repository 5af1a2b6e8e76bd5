import { shortFuzz } from "@mcp-assistant/testing/fuzz";
import { handlerFuzz } from "./handler-fuzz.js";

handlerFuzz(shortFuzz);
