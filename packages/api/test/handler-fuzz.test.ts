import { shortFuzz } from "@mcp-assistant/testing";
import { handlerFuzz } from "./handler-fuzz.js";

handlerFuzz(shortFuzz);
