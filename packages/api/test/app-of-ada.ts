import { createServer } from "node:http";
import { createMcp } from "@mcp-assistant/core";
import { freePort } from "@mcp-assistant/testkit/ports";
import { onTestFinished } from "vitest";
import { createMcpHandler, toNodeHandler } from "../src/index.js";

/** An app behind node:http, in which Ada is signed in, and her connection to a server. Ends with the test. */
export async function appOfAda({ url, host }: { url: string; host: string }) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const mcp = createMcp({
    ...{ storage: "memory", baseUrl: origin, logger: null },
    outbound: { allowHosts: [host] },
  });
  const app = createServer(toNodeHandler(createMcpHandler({ mcp, userId: () => "ada" })));
  await new Promise<void>((resolve) => app.listen(port, "127.0.0.1", resolve));
  onTestFinished(async () => {
    app.closeAllConnections();
    app.close();
    await mcp.close();
  });
  const { sessionId } = await mcp.forUser("ada").connect({ serverUrl: url });
  return { origin, sessionId };
}
