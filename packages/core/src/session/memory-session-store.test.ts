import { MemoryEventLog } from "../events/memory-event-log.js";
import { MemoryValueStore } from "../values/memory-value-store.js";
import { MemorySessionStore } from "./memory-session-store.js";
import { sessionLifeContract } from "./session-life.contract.js";
import { sessionStoreContract } from "./session-store.contract.js";
import { type DamageableStore, sessionTroubleContract } from "./session-trouble.contract.js";

const open = (ttl: number): DamageableStore => {
  const [values, log] = [new MemoryValueStore(), new MemoryEventLog()];
  return { store: new MemorySessionStore(values, log, ttl), log, values };
};

sessionStoreContract("sessions in memory", open);
sessionLifeContract("lives of sessions in memory", open);
sessionTroubleContract("troubles of sessions in memory", open);
