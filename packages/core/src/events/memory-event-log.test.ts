import { MemorySessionStore } from "../session/memory-session-store.js";
import { MemoryValueStore } from "../values/memory-value-store.js";
import { eventLogContract } from "./event-log.contract.js";
import { MemoryEventLog } from "./memory-event-log.js";

eventLogContract("event logs in memory", () => {
  const log = new MemoryEventLog();
  return { log, sessions: new MemorySessionStore(new MemoryValueStore(), log, 60) };
});
