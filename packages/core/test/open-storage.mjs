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

/** Gives a stored session a list of tools. */
export async function storeTools({ driver, sessions }, record, tools) {
  const limits = { toolListBytes: 2 ** 26, toolListBytesPerUser: 2 ** 30 };
  const { discovered, toolList } = await new ToolLists(driver, { ttl: sessionTtl, limits }).discover(record, tools);
  const next = { ...record, v: record.v + 1, tools: { hash: discovered.hash, count: tools.length } };
  await sessions.commit({ previous: record, next, events: [], toolList });
}
