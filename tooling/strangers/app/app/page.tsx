import { McpProvider } from "@mcp-assistant/mcp-redis/client";
import { App } from "../components/connections";
import { Search } from "../components/search";

export default function Page() {
  return (
    <>
      <App />
      <McpProvider>
        <Search sessionId="s1" />
      </McpProvider>
    </>
  );
}
