import { longFuzz } from "@mcp-assistant/testing/fuzz";
import { wireFuzz } from "./wire-fuzz.js";

// Each run sends eight requests at once, each over its own socket.
wireFuzz({ ...longFuzz, runs: longFuzz.runs / 5 });
