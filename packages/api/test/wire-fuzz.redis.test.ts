import { shortFuzz } from "@mcp-assistant/testing/fuzz";
import { wireFuzz } from "./wire-fuzz.js";

// Each run sends eight requests at once, each over its own socket.
wireFuzz({ ...shortFuzz, runs: shortFuzz.runs / 8 });
