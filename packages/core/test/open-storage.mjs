// Opens the built storage and library for worker programs and scenarios: the only place that knows how.

import { createMcp } from "../dist/create-mcp.js";
import { openStorage as open } from "../dist/storage/storage.js";
import { ToolLists } from "../dist/tools/tool-lists.js";

const sessionTtl = 43_200;
const encryptionKeys = "none";

export function openStorage(url) {
  return open(url, { sessionTtl, logger: () => undefined, encryptionKeys });
}

export function openMcp(url) {
  const limits = { connectsPerMinute: 60_000, streamsPerMinute: 60_000 };
  return createMcp({ storage: url, baseUrl: "http://127.0.0.1:9", encryptionKeys, limits });
}

export function toolListsOf({ driver }) {
  return new ToolLists(driver, sessionTtl);
}
