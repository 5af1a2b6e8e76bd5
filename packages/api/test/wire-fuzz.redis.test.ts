import { shortFuzz } from "@mcp-assistant/testing/fuzz";
import { wireFuzz } from "./wire-fuzz.js";

// Eight requests at a time, each over a socket of its own.
wireFuzz({ ...shortFuzz, runs: shortFuzz.runs / 8 });
