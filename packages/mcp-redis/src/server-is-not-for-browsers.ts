// What browsers get for `@mcp-assistant/mcp-redis/server`. Bundlers also refuse imports of names not exported here.
export {};

throw new Error(
  '"@mcp-assistant/mcp-redis/server" runs on servers only, and this is a browser. In the file that imports it, import from ' +
    '"@mcp-assistant/mcp-redis/client" (React hooks) or "@mcp-assistant/mcp-redis/shared" (types, schemas, errors) instead. ' +
    'If this is a test that Jest runs, add "@jest-environment node" to it.',
);
