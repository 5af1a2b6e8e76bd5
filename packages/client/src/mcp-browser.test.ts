import { expect, test, vi } from "vitest";
import { createSseBackend } from "./backend/sse-backend.js";
import { createMcpBrowser } from "./mcp-browser.js";

test("on a server, which has no window, the stream opens nothing", async () => {
  const fetch = vi.fn<typeof globalThis.fetch>();
  const url = "http://127.0.0.1:9/api/mcp/sse";
  const { store, stream, streamSwitch } = createMcpBrowser({ backend: createSseBackend({ url, fetch }), url });
  const stops = [stream.open(), streamSwitch.hold(true)];
  stream.retry();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(fetch).not.toHaveBeenCalled();
  expect([stream.state.get(), store.connections]).toEqual([{ status: "connecting", error: null }, undefined]);
  for (const stop of stops) stop();
});
