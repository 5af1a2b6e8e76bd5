import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { appWith } from "../src/http/sign-in/auth-pages.fixture.js";

test("a callback for which there is no room is a page that loads it again, and then it is finished", async () => {
  const [notes, hostile] = [await startOauthServer(), await startHostileMcpServer()];
  // A call that has been sent leaves less than what a token request takes.
  const limits = { answerBytes: 1, resultBytes: 69_000, toolListBytes: 69_000 };
  const app = appWith({ url: notes.url, hosts: [...notes.hosts, hostile.host] }, { limits });
  const gone = new AbortController();
  onTestFinished(async () => {
    gone.abort();
    await app.mcp.close();
    await Promise.all([notes.close(), hostile.close()]);
  });
  const { sessionId, consent, cookie } = await app.signingIn();
  const callback = await answerConsentPage(consent);
  const eve = app.mcp.forUser("eve");
  const { sessionId: eves } = await eve.connect({ serverUrl: hostile.url });
  hostile.lie({ answers: { "tools/call": { kind: "stall" } } });
  const calling = eve.callTool(eves, "whoami", {}, { signal: gone.signal }).catch(() => undefined);
  const tried = () => app.get(callback, { cookie });
  expect(await eventually(() => hostile.requests().includes("tools/call"))).toBe(true);
  const page = await tried();
  expect(page.status).toBe(503);
  expect(page.headers.get("retry-after")).toBe("2");
  const text = await page.text();
  expect(text).toContain('<meta http-equiv="refresh" content="2">');
  expect(text).not.toContain(callback.searchParams.get("code"));
  gone.abort();
  await calling;
  // Eve's server may still be told that her call was cancelled, which takes a little room.
  await expect.poll(async () => (await tried()).status).toBe(303);
  expect(await app.mcp.forUser(app.user).get(sessionId)).toMatchObject({ state: "CONNECTED" });
});
