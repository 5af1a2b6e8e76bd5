import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { appFor } from "../authorization/sign-in/sign-in.fixture.js";
import { replaceLost } from "../connection/link.js";
import { admissionOf } from "../credentials/admission.js";
import { partsOf } from "../open-mcps.js";
import { someUser } from "../samples.fixture.js";
import type { StoredSession } from "../session/session-store.js";
import { Links } from "./links.js";

let server: DemoServer;

beforeAll(async () => {
  server = await startModernServer();
});
afterAll(() => server.close());

/** Isolated links of a session, and the session as it is stored. */
async function isolated() {
  const mcp = appFor(server);
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const deps = partsOf(mcp)();
  const links = new Links(deps, { userId, sessionId }, true);
  onTestFinished(async () => {
    await links.close();
    await mcp.close();
  });
  return { deps, links, stored: await deps.sessions.read(userId, sessionId) };
}

const withHeaders = (stored: StoredSession, version: string): StoredSession => ({
  ...stored,
  record: { ...stored.record, headers: { version, names: ["X-Key"] } },
});

test("a call never gets the connection of another account, even if that is opened while it closes an earlier one", async () => {
  const { links, stored } = await isolated();
  await links.use(stored, async () => undefined);
  const accounts = ["ada", "eve"].map((version) => withHeaders(stored, version));
  const got = await Promise.all(accounts.map((account) => links.use(account, async ({ admission }) => admission)));
  expect(got).toEqual(accounts.map(admissionOf));
});

test("a session that was made again with another address gets a connection to that", async () => {
  const { links, stored } = await isolated();
  const serverUrl = server.url.replace("/mcp", "/mcp?again");
  const urlOf = (session: StoredSession) => links.use(session, async ({ url }) => url.href);
  expect(await urlOf(stored)).toBe(server.url);
  expect(await urlOf({ ...stored, record: { ...stored.record, serverUrl } })).toBe(serverUrl);
});

test("a call whose session is lost is not sent to another address, with which the session was made again", async () => {
  const { deps, stored } = await isolated();
  const before = { ...stored, record: { ...stored.record, serverUrl: server.url.replace("/mcp", "/mcp?before") } };
  const lost = { id: "gone", at: stored.now, lostAt: null, handshake: null };
  const again = async () => stored;
  await expect(replaceLost(deps, lost, before, again)).rejects.toMatchObject({ code: "CANCELLED" });
  expect((await replaceLost(deps, lost, stored, again)).record).toEqual(stored.record);
});
