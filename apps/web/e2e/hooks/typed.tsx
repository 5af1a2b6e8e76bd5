import {
  McpProvider,
  useCallTool,
  useConnect,
  useConnection,
  useConnections,
  useDisconnect,
  useMcpStream,
  useReconnect,
  useRemove,
  useTools,
} from "@mcp-assistant/mcp-redis/client";
import { QueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { show } from "./show";

const queryClient = new QueryClient();
const serverUrl = new URLSearchParams(location.search).get("server") ?? "";

function Page() {
  const { data, isPending, error } = useConnections();
  const stream = useMcpStream();
  const connect = useConnect();
  const first = data?.[0];
  const [withTools, setWithTools] = useState(false);
  Object.assign(window, { queryClient, retry: stream.retry });
  return (
    <main>
      <p>
        {isPending ? "pending" : error ? `error ${error.code}` : `${data.length} connections`}, stream {stream.status}
      </p>
      <button type="button" onClick={() => connect.mutate({ serverUrl, serverName: "Toolbox" })}>
        Connect
      </button>
      <button type="button" onClick={() => connect.mutate({ serverUrl: "ftp://example.com" })}>
        Connect wrongly
      </button>
      <p>
        connect: {connect.status} {connect.data?.state} {connect.data?.window} {connect.error?.code}
      </p>
      <button type="button" onClick={() => setWithTools(true)}>
        Show tools
      </button>
      {first && <One sessionId={first.sessionId} />}
      {first && withTools && <Tools sessionId={first.sessionId} />}
    </main>
  );
}

function One({ sessionId }: { sessionId: string }) {
  const { data: connection } = useConnection(sessionId);
  const { data: none } = useConnection("no-such-session");
  const [disconnect, reconnect, remove] = [useDisconnect(), useReconnect(), useRemove()];
  return (
    <section>
      <p>
        {connection?.serverName}: {connection?.state}, other: {String(none)}
      </p>
      <button type="button" onClick={() => disconnect.mutate(sessionId)}>
        Disconnect
      </button>
      <button type="button" onClick={() => reconnect.mutate({ sessionId })}>
        Reconnect
      </button>
      <button type="button" onClick={() => remove.mutate(sessionId)}>
        Remove
      </button>
    </section>
  );
}

function Tools({ sessionId }: { sessionId: string }) {
  const names = useTools(sessionId, { select: (tools) => tools.map(({ name }) => name).sort() });
  const add = useCallTool(sessionId, "add", { onSuccess: () => document.body.setAttribute("data-added", "yes") });
  const result = add.data?.structuredContent;
  return (
    <section>
      <p>tools: {names.isPending ? "pending" : names.data?.join()}</p>
      <button type="button" onClick={() => add.mutate({ a: 19, b: 23 })}>
        Add
      </button>
      <p>result: {JSON.stringify(result)}</p>
    </section>
  );
}

show(
  <McpProvider queryClient={queryClient} authToken="token-of-ada">
    <Page />
  </McpProvider>,
);
