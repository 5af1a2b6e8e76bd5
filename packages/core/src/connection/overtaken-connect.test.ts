import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { expect, onTestFinished, test } from "vitest";
import { appFor } from "../authorization/sign-in/sign-in.fixture.js";
import { someUser } from "../samples.fixture.js";

test("a connect that is overtaken by another one returns the final outcome, never an intermediate state", async () => {
  const server = await startModernServer();
  onTestFinished(server.close);
  const mcp = appFor(server);
  for (let round = 0; round < 8; round++) {
    const userId = someUser();
    const keys = ["a", "b", "c", "d"];
    const answers = await Promise.all(
      keys.map((key) => mcp.forUser(userId).connect({ serverUrl: server.url, headers: { "X-Key": key } })),
    );
    for (const { state } of answers) expect(["CONNECTED", "DISCONNECTED"]).toContain(state);
    expect(await mcp.forUser(userId).list()).toMatchObject([{ state: "CONNECTED", headerNames: ["X-Key"] }]);
  }
});
