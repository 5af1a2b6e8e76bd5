import { join } from "node:path";
import type { NextConfig } from "next";
import { moveToBaseUrl } from "./src/server/host";
import { everyAnswer } from "./src/server/security-headers";

// Otherwise Next guesses the monorepo's root from the lockfiles that it finds, and warns.
const root = join(import.meta.dirname, "../..");

const config: NextConfig = {
  outputFileTracingRoot: root,
  turbopack: { root },
  // gzip delays small writes, and an event stream consists of small writes. Leave compression to a reverse proxy.
  compress: false,
  poweredByHeader: false,
  reactStrictMode: true,
  // Next buffers request bodies for the proxy, which never reads them. Buffer no more than the handler would read.
  experimental: { proxyClientMaxBodySize: 2 * 1_048_576 },
  // `turbo run typecheck` checks the types, including those of the tests.
  typescript: { ignoreBuildErrors: true },
  rewrites: async () => ({
    beforeFiles: [{ source: "/:path*", has: [{ type: "header", key: moveToBaseUrl }], destination: "/base-url" }],
  }),
  headers: async () => [
    {
      source: "/:path*",
      headers: Object.entries(everyAnswer).map(([key, value]) => ({ key, value })),
    },
  ],
};

export default config;
