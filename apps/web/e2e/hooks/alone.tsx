import { type UseMcpResult, useMcp } from "@mcp-assistant/mcp-redis/client";
import { useState } from "react";
import { show } from "./show";

const renders: string[] = [];

/** The hook alone, without a provider and without a `userId`: the token says who asks, and it may change. */
function Page() {
  const [authToken, setAuthToken] = useState("token-of-ada");
  const mcp: UseMcpResult = useMcp({ url: "/api/mcp/sse?userId=someone-else", authToken });
  const names = mcp.connections.map(({ serverName, tools }) => `${serverName} (${tools.length})`).join();
  renders.push(`${authToken}: ${names}`);
  Object.assign(window, { mcp, renders });
  return (
    <main>
      <p>Stream: {mcp.status}</p>
      <p>Connections: {names || "none"}</p>
      <Count authToken={authToken} />
      <button type="button" onClick={() => setAuthToken("token-of-ada")}>
        Be Ada
      </button>
      <button type="button" onClick={() => setAuthToken("token-of-grace")}>
        Be Grace
      </button>
    </main>
  );
}

/** Another component of the same page, which shares the first one's connections and stream. */
function Count({ authToken }: { authToken: string }) {
  const { connections } = useMcp({ url: "/api/mcp/sse", authToken });
  return <p>Count: {connections.length}</p>;
}

show(<Page />);
