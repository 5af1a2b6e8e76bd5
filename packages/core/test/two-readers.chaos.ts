import { longFuzz } from "@mcp-assistant/testing/fuzz";
import { twoReadersFuzz } from "./two-readers.js";

twoReadersFuzz({ ...longFuzz, runs: 100_000 });
