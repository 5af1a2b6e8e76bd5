import { join } from "node:path";
import type { NextConfig } from "next";
import { moveToBaseUrl } from "./src/server/host";
import { everyAnswer } from "./src/server/security-headers";

// Next would guess the monorepo's root from the lockfiles it finds above, and warn.
const root = join(import.meta.dirname, "../..");

const config: NextConfig = {
  outputFileTracingRoot: root,
  turbopack: { root },
  // gzip holds small writes back, and an event stream is nothing but small writes: compression belongs to a proxy.
  compress: false,
  poweredByHeader: false,
  reactStrictMode: true,
  // Next holds a request's body for the proxy, which never looks at it: no more than the handler would read.
  experimental: { proxyClientMaxBodySize: 2 * 1_048_576 },
  // `turbo run typecheck` checks the types, those of the tests included.
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
