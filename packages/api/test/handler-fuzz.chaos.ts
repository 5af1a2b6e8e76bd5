import { longFuzz } from "@mcp-assistant/testing/fuzz";
import { handlerFuzz } from "./handler-fuzz.js";

// More runs than elsewhere, because fewer properties share the time.
handlerFuzz({ ...longFuzz, runs: 35_000 });
