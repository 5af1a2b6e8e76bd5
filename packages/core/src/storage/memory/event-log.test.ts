import { eventLogContract } from "../contract/event-log.contract.js";
import { MemoryEventLog } from "./event-log.js";
import { MemorySessionStore } from "./session-store.js";
import { MemoryValueStore } from "./value-store.js";

eventLogContract("event logs in memory", () => {
  const log = new MemoryEventLog();
  return { log, sessions: new MemorySessionStore(new MemoryValueStore(), log, 60) };
});
