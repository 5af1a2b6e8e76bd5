import { MemoryEventLog } from "../events/memory-event-log.js";
import { MemorySessionStore } from "../session/memory-session-store.js";
import { MemoryValueStore } from "../values/memory-value-store.js";
import { reencryptContract } from "./reencrypt.contract.js";

reencryptContract("a rotation of keys in memory", async () => {
  const values = new MemoryValueStore();
  return { values, sessions: new MemorySessionStore(values, new MemoryEventLog(), 60) };
});
