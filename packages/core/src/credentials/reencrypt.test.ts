import { reencryptContract } from "../storage/contract/reencrypt.contract.js";
import { MemoryEventLog } from "../storage/memory/event-log.js";
import { MemorySessionStore } from "../storage/memory/session-store.js";
import { MemoryValueStore } from "../storage/memory/value-store.js";

reencryptContract("a rotation of keys in memory", async () => {
  const values = new MemoryValueStore();
  return { values, sessions: new MemorySessionStore(values, new MemoryEventLog(), 60) };
});
