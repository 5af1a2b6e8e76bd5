import { join } from "node:path";
import type { NextConfig } from "next";
import { moveToBaseUrl } from "./src/server/move-to-base-url";

// Next would guess the monorepo's root from the lockfiles it finds above, and warn.
const root = join(import.meta.dirname, "../..");

const config: NextConfig = {
  outputFileTracingRoot: root,
  turbopack: { root },
  // gzip holds small writes back, and an event stream is nothing but small writes: compression belongs to a proxy.
  compress: false,
  poweredByHeader: false,
  reactStrictMode: true,
  // `turbo run typecheck` checks the types, those of the tests included.
  typescript: { ignoreBuildErrors: true },
  rewrites: async () => ({
    beforeFiles: [{ source: "/:path*", has: [{ type: "header", key: moveToBaseUrl }], destination: "/base-url" }],
  }),
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "X-Content-Type-Options", value: "nosniff" },
        { key: "X-Frame-Options", value: "DENY" },
        { key: "Referrer-Policy", value: "same-origin" },
      ],
    },
  ],
};

export default config;
