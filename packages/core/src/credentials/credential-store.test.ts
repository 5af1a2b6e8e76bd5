import { credentialStoreContract } from "../storage/contract/credential-store.contract.js";
import { MemoryValueStore } from "../storage/memory/value-store.js";

credentialStoreContract("credentials in memory", () => new MemoryValueStore());
