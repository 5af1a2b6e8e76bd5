import { McpProvider } from "@mcp-assistant/mcp-redis/client";
import { ConnectExample } from "../../components/connect-example";
import { Search } from "../../components/search";

export default function Page() {
  return (
    <McpProvider>
      <ConnectExample />
      <Search sessionId="s1" />
    </McpProvider>
  );
}
