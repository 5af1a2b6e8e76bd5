import { sessionLifeContract } from "../contract/session-life.contract.js";
import { sessionStoreContract } from "../contract/session-store.contract.js";
import { type DamageableStore, sessionTroubleContract } from "../contract/session-trouble.contract.js";
import { MemoryEventLog } from "./event-log.js";
import { MemorySessionStore } from "./session-store.js";
import { MemoryValueStore } from "./value-store.js";

const open = (ttl: number): DamageableStore => {
  const [values, log] = [new MemoryValueStore(), new MemoryEventLog()];
  return { store: new MemorySessionStore(values, log, ttl), log, values };
};

sessionStoreContract("sessions in memory", open);
sessionLifeContract("lives of sessions in memory", open);
sessionTroubleContract("troubles of sessions in memory", open);
