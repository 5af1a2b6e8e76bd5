import { shortFuzz } from "@mcp-assistant/testing/fuzz";
import { twoReadersFuzz } from "./two-readers.js";

twoReadersFuzz(shortFuzz);
