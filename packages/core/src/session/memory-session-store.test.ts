import { MemoryEventLog } from "../events/memory-event-log.js";
import { MemoryValueStore } from "../values/memory-value-store.js";
import { MemorySessionStore } from "./memory-session-store.js";
import { sessionLifeContract } from "./session-life.contract.js";
import { type OpenStore, sessionStoreContract } from "./session-store.contract.js";

const open = (ttl: number): OpenStore => {
  const log = new MemoryEventLog();
  return { store: new MemorySessionStore(new MemoryValueStore(), log, ttl), log };
};

sessionStoreContract("sessions in memory", open);
sessionLifeContract("lives of sessions in memory", open);
