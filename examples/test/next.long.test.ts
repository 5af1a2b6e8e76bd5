import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { nextRoutesContract, seedRoutes } from "../seed/next-routes.contract.js";
import { bundlesContract } from "./bundles.contract.js";
import { hostContract } from "./host.contract.js";
import { type Changes, useNext } from "./next.fixture.js";

/** Each build takes long, so the example also has the routes of the seed and the callers of bundles/. */
const everything: Changes = {
  "server/mcp.ts": (text) => `${text}
import { openMcp } from "../open-mcp";
openMcp("handler");
`,
  ...seedRoutes,
};
const bundles = join(import.meta.dirname, "bundles");
for (const name of await readdir(bundles, { recursive: true })) {
  if (/\.tsx?$/.test(name)) everything[name] = () => readFile(join(bundles, name), "utf8");
}

const startNext = useNext(everything);

hostContract("next", startNext, { endsStreams: false });
nextRoutesContract(startNext);
bundlesContract(startNext);

const startShop = useNext({
  "next.config.ts": (text) => text.replace("NextConfig = {", 'NextConfig = { basePath: "/shop", trailingSlash: true,'),
  "server/mcp.ts": (text) => text.replace("createMcp({", 'createMcp({ basePath: "/shop/api/mcp",'),
});

hostContract("next with its own basePath and trailingSlash", startShop, {
  basePath: "/shop/api/mcp",
  endsStreams: false,
});
