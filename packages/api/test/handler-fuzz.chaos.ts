import { longFuzz } from "@mcp-assistant/testing/fuzz";
import { handlerFuzz } from "./handler-fuzz.js";

// Fewer properties than elsewhere share the runs.
handlerFuzz({ ...longFuzz, runs: 35_000 });
