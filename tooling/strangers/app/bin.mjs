// Runs a package's script, wherever the package manager has put the package: `node bin.mjs NAME SCRIPT …`.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const [node, , name, script, ...args] = process.argv;
const path = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), script);
process.argv = [node, path, ...args];
await import(pathToFileURL(path).href);
