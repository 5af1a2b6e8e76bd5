// `pnpm package`: builds and packs the published package into packages/mcp-redis/package and an archive next to it.
import { join } from "node:path";
import { packArchive } from "./pack.mjs";

console.log(await packArchive(join(import.meta.dirname, "../../packages/mcp-redis/package")));
