// What may import what. The linter's rules are generated from this (`pnpm arrows`), and a test checks every import.

/** The frameworks and packages that a part of the repository must not import, and the linter's message. */
export const borders = [
  {
    includes: ["packages/protocol/**"],
    forbidden: ["@mcp-assistant/**", "node:*", "react", "react-dom", "ioredis", "@trpc/**"],
    message: "protocol describes what crosses the wire. It may only depend on zod.",
  },
  {
    includes: ["packages/core/**"],
    forbidden: [
      "@mcp-assistant/api",
      "@mcp-assistant/client",
      "@mcp-assistant/react",
      "@mcp-assistant/mcp-redis",
      "@mcp-assistant/mcp-redis/*",
      "react",
      "react-dom",
      "next",
      "next/**",
      "@trpc/**",
    ],
    message: "core must not depend on a web framework, tRPC or React. Of our packages, it may only import protocol.",
  },
  {
    includes: ["packages/api/src/**"],
    forbidden: [
      "@mcp-assistant/client",
      "@mcp-assistant/react",
      "@mcp-assistant/mcp-redis",
      "@mcp-assistant/mcp-redis/*",
      "react",
      "react-dom",
      "next",
      "next/**",
      "ioredis",
    ],
    message: "api may import core and protocol of our packages, but not React.",
  },
  {
    includes: ["packages/client/**", "!packages/client/**/*.{test,fixture}.*"],
    forbidden: [
      "@mcp-assistant/core",
      "@mcp-assistant/react",
      "@mcp-assistant/mcp-redis",
      "@mcp-assistant/mcp-redis/*",
      "@tanstack/**",
      "react",
      "react-dom",
      "node:*",
      "ioredis",
      "next",
      "next/**",
    ],
    message:
      "client is the browser's part without a framework. Of our packages, it may only import protocol, and types from api.",
  },
  {
    includes: ["packages/react/**", "!packages/react/**/*.{test,fixture}.*"],
    forbidden: [
      "@mcp-assistant/api",
      "@mcp-assistant/core",
      "@mcp-assistant/mcp-redis",
      "@mcp-assistant/mcp-redis/*",
      "node:*",
      "ioredis",
      "next",
      "next/**",
    ],
    message: "react binds client to React. Of our packages, it may only import client and protocol.",
  },
  {
    includes: ["packages/testing/**"],
    forbidden: [
      "@mcp-assistant/core",
      "@mcp-assistant/api",
      "@mcp-assistant/client",
      "@mcp-assistant/react",
      "@mcp-assistant/mcp-redis",
      "@mcp-assistant/mcp-redis/*",
    ],
    message: "testing may only depend on protocol.",
  },
  {
    includes: ["apps/web/src/**"],
    forbidden: [
      "@mcp-assistant/core",
      "@mcp-assistant/api",
      "@mcp-assistant/client",
      "@mcp-assistant/react",
      "@mcp-assistant/protocol",
      "ioredis",
    ],
    message: "The app imports what other apps import: @mcp-assistant/mcp-redis/{server,client,shared}.",
  },
  {
    includes: ["examples/**", "!examples/**/*.{test,fixture}.*"],
    forbidden: [
      "@mcp-assistant/core",
      "@mcp-assistant/api",
      "@mcp-assistant/react",
      "@mcp-assistant/protocol",
      "ioredis",
    ],
    message: "An example imports what apps import: @mcp-assistant/mcp-redis/{server,client,shared}.",
  },
];

/**
 * The rooms of each package, from bottom to top. A room is a folder ("session/") or a file next to the folders
 * ("errors.ts"). It may only import from rooms on lower floors, values and types alike, so no two folders ever import
 * each other.
 */
export const floors = {
  "packages/core/src": [
    ["errors.ts", "logger.ts", "parse-json.ts", "process-wide.ts", "random-token.ts"],
    ["any-session-error.ts", "limits.ts", "telemetry.ts"],
    ["session/"],
    ["values/"],
    ["outbound/"],
    ["credentials/"],
    ["rates/", "tools/"],
    ["events/"],
    ["authorization/"],
    ["authorization/discovery/"],
    ["authorization/client/"],
    ["authorization/tokens/"],
    ["authorization/sign-in/"],
    ["server/"],
    ["connection/"],
    ["client/"],
    ["storage/redis/lua/"],
    ["storage/memory/", "storage/redis/"],
    ["storage/"],
    ["options/"],
    ["mcp.ts"],
    ["for-user.ts"],
    ["open-mcps.ts"],
    ["create-mcp.ts"],
    ["default-mcp.ts"],
    ["default-sessions.ts", "mcp-client.ts"],
    ["index.ts"],
  ],
  "packages/api/src": [
    ["stream/"],
    ["router/"],
    ["http/edge/"],
    ["http/sign-in/"],
    ["http/rest/", "http/sse/"],
    ["http/"],
    ["index.ts"],
  ],
  "packages/client/src": [
    ["backend/", "sign-in/", "sse-client/"],
    ["store/"],
    ["actions/", "stream/"],
    ["stream/tabs/"],
    ["mcp-browser.ts"],
    ["index.ts"],
  ],
  "packages/react/src": [
    ["query/"],
    ["mcp-context.ts"],
    ["provider.tsx", "use-call-tool.ts", "use-connection-events.ts", "use-mcp.ts", "use-tools.ts"],
    ["index.ts"],
  ],
};
