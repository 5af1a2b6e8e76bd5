import { valueStoreContract } from "../contract/value-store.contract.js";
import { MemoryValueStore } from "./value-store.js";

valueStoreContract("values in memory", () => new MemoryValueStore());
