import { QueryClient } from "@tanstack/react-query";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { McpProvider } from "./provider.js";
import { storeOf } from "./query/query-mirror.js";
import { useCallTool } from "./use-call-tool.js";
import { useConnectionEvents } from "./use-connection-events.js";
import { useMcp } from "./use-mcp.js";
import { useTools } from "./use-tools.js";

function Page() {
  const { connections, status, streamError } = useMcp();
  const events = useConnectionEvents({ limit: 1 });
  const shown = [
    connections?.length ?? "unknown",
    status,
    streamError?.code ?? "fine",
    useTools("s1").isPending,
    useCallTool("s1").status,
    events.map(({ id }) => id).join() || "nothing yet",
  ];
  return shown.map(String).join(" ");
}

const render = (queryClient?: QueryClient) =>
  renderToStaticMarkup(
    <McpProvider queryClient={queryClient}>
      <Page />
    </McpProvider>,
  );

test("a server renders the page without data, and sends no requests", () => {
  expect(render()).toBe("unknown connecting fine true idle nothing yet");
});

test("data that the query client already has is there at the first render", () => {
  const queryClient = new QueryClient();
  const store = storeOf(queryClient);
  store.record("1-0", { type: "reset", at: "2026-11-22T10:00:00.000Z", connections: [] });
  store.record("2-0", { type: "reset", at: "2026-11-22T10:00:01.000Z", connections: [] });
  expect(render(queryClient)).toBe("0 connecting fine true idle 2-0");
});

test("a hook without a provider says what is missing", () => {
  expect(() => renderToStaticMarkup(<Page />)).toThrow("<McpProvider>");
});
