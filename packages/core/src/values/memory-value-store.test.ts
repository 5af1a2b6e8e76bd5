import { MemoryValueStore } from "./memory-value-store.js";
import { valueStoreContract } from "./value-store.contract.js";

valueStoreContract("values in memory", () => new MemoryValueStore());
