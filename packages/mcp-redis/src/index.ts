/**
 * Nothing is exported here. Import from one of the entries:
 *
 * - `@mcp-assistant/mcp-redis/server`: everything that runs on a server;
 * - `@mcp-assistant/mcp-redis/client`: the provider and the hooks for React;
 * - `@mcp-assistant/mcp-redis/shared`: types, schemas and errors, for both.
 *
 * @module
 */
export {};

throw new Error(
  'Nothing is exported by "@mcp-assistant/mcp-redis" itself. Import from "@mcp-assistant/mcp-redis/server", ' +
    '"@mcp-assistant/mcp-redis/client" (React hooks) or "@mcp-assistant/mcp-redis/shared" (types, schemas, errors).',
);
