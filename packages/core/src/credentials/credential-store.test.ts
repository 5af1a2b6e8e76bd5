import { MemoryValueStore } from "../values/memory-value-store.js";
import { credentialStoreContract } from "./credential-store.contract.js";

credentialStoreContract("credentials in memory", () => new MemoryValueStore());
