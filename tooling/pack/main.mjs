// `pnpm package`: builds, and packs what is published into packages/mcp-redis/package and an archive beside it.
import { join } from "node:path";
import { packArchive } from "./pack.mjs";

console.log(await packArchive(join(import.meta.dirname, "../../packages/mcp-redis/package")));
