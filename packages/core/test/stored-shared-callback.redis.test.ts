import { readFileSync } from "node:fs";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import {
  startGuardedServer,
  startPlainAuthorizationServer,
} from "../src/authorization/plain-authorization-server.fixture.js";
import { issuerIdOf } from "../src/authorization/redirect-urls.js";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { MCPClient } from "../src/index.js";
import type { Mcp } from "../src/mcp.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";
import { originOf, storedValue, writeMoved } from "./moved-store.js";

const session = z.object({ userId: z.string(), sessionId: z.string() });
const signedIn = session.extend({ clientId: z.string() });
const opened = signedIn.extend({ attemptId: z.string(), state: z.string(), nonce: z.string() });
const at = <T extends z.ZodType>(schema: T) => z.object({ registers: schema, reads: schema });

/**
 * What the last version left in a Redis in which all issuers had one redirect URL, sealed with the tests' key. At each of
 * two authorization servers, one where the app registers and one that reads its document, a user is signed in and
 * another one has a consent page open. A third one, at the first, has been sent there without a browser. Neither
 * authorization server names itself in callbacks.
 */
const before = z
  .object({
    servers: at(z.object({ url: z.string(), issuer: z.string() })),
    signedIn: at(signedIn),
    opened: at(opened),
    withoutBrowser: session.extend({ callbackUrl: z.string(), state: z.string() }),
    document: z.object({ client_id: z.string(), redirect_uris: z.array(z.string()) }).loose(),
    values: z.array(storedValue),
  })
  .parse(JSON.parse(readFileSync(new URL("./stored-shared-callback.json", import.meta.url), "utf8")));

const baseUrl = "https://app.example";
const shared = `${baseUrl}/api/mcp/auth/callback`;
const { callbackUrl } = before.withoutBrowser;

type Servers = Record<"registers" | "reads", Awaited<ReturnType<typeof startServer>>>;
let redis: Awaited<ReturnType<typeof startRedis>>;
let servers: Servers;
let mcp: Mcp;

/** An MCP server that takes only tokens of its authorization server as it is today. */
async function startServer(metadata: Record<string, unknown>) {
  const authorization = await startPlainAuthorizationServer({ metadata });
  const { issuer, host, asked } = authorization;
  metadata.revocation_endpoint = `${issuer}/revoke`;
  const accepts = (token: string) => token.startsWith(`access-${new URL(issuer).port}-`);
  const server = await startGuardedServer({ issuer: () => issuer, accepts });
  const close = async () => void (await Promise.all([server.close(), authorization.close()]));
  return { url: server.url, issuer, hosts: [server.host, host], asked, close };
}

beforeAll(async () => {
  redis = await startRedis();
  servers = {
    registers: await startServer({}),
    reads: await startServer({ client_id_metadata_document_supported: true }),
  };
  const pairs = (["registers", "reads"] as const).flatMap((which) => [
    [before.servers[which].issuer, servers[which].issuer] as const,
    [originOf(before.servers[which].url), originOf(servers[which].url)] as const,
  ]);
  await writeMoved(redis.url, before.values, { moves: new Map(pairs), redirectUrls: [shared, callbackUrl] });
  const hosts = [...servers.registers.hosts, ...servers.reads.hosts];
  mcp = appFor({ hosts }, { storage: redis.url, encryptionKeys, baseUrl, callbackUrls: [callbackUrl] });
});

afterAll(async () => {
  await mcp.close();
  await Promise.all([servers.registers.close(), servers.reads.close(), redis.stop()]);
});

const forms = (which: keyof Servers, path: string) =>
  servers[which].asked
    .filter((each) => each.path === path)
    .map(({ text }) => Object.fromEntries(new URLSearchParams(text)));

test.each(["registers", "reads"] as const)(
  "a sign-in keeps its client in renewals and at the end, where the app %s",
  async (which) => {
    const { userId, sessionId, clientId } = before.signedIn[which];
    const user = mcp.forUser(userId);
    expect(await user.list()).toMatchObject([{ sessionId, state: "CONNECTED", signedIn: true, authUrl: null }]);
    expect(await user.callTool(sessionId, "add", { a: 1, b: 2 })).toMatchObject({ structuredContent: { sum: 3 } });
    expect(await user.get(sessionId)).toMatchObject({ state: "CONNECTED", signedIn: true, error: null });
    await user.signOut(sessionId);
    const sent = [...forms(which, "/token"), ...forms(which, "/revoke")];
    expect(sent.map((form) => [form.grant_type ?? form.token_type_hint, form.client_id])).toEqual([
      ["refresh_token", clientId],
      ...sent.slice(1).map((form) => [form.token_type_hint, clientId]),
    ]);
    expect(sent.length).toBeGreaterThan(1);
    servers[which].asked.length = 0;
  },
);

test.each(["registers", "reads"] as const)(
  "an attempt that was open finishes at the shared redirect URL, and nowhere else, where the app %s",
  async (which) => {
    const { userId, sessionId, attemptId, state, nonce, clientId } = before.opened[which];
    const { authorization } = mcp.forUser(userId);
    const params = new URLSearchParams({ code: "a-code", state });
    const callback = { params, nonceOf: (id: string) => (id === attemptId ? nonce : undefined) };
    const own = `${baseUrl}/api/mcp/auth/issuer/${issuerIdOf(servers[which].issuer)}`;
    for (const astray of [own, callbackUrl]) {
      const brought = authorization.finish({ ...callback, cameTo: [astray] });
      await expect(brought).rejects.toMatchObject({ code: "INVALID_STATE", reason: "issuer" });
    }
    await authorization.finish({ ...callback, cameTo: [shared] });
    expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "CONNECTED", signedIn: true });
    expect(forms(which, "/token")).toMatchObject([{ client_id: clientId, redirect_uri: shared }]);
    servers[which].asked.length = 0;
  },
);

test("an attempt without a browser finishes at the app's own callback", async () => {
  const { userId, state } = before.withoutBrowser;
  const client = new MCPClient({ userId, mcp });
  const query = new URLSearchParams({ code: "a-code", state });
  expect(await client.finishAuth(`${callbackUrl}?${query}`)).toMatchObject({ state: "CONNECTED" });
  await client.close();
  expect(forms("registers", "/token")).toMatchObject([{ redirect_uri: callbackUrl }]);
  expect(forms("registers", "/reg")).toEqual([]);
});

test("the document that sign-ins have as their client stays as it was", () => {
  expect(mcp.clientMetadata).toEqual(before.document);
});

test("a new sign-in has the issuer's own redirect URL, with a client of its own", async () => {
  const userId = someUser();
  const clientIds = [];
  for (const which of ["registers", "reads"] as const) {
    const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: servers[which].url });
    const started = await mcp.forUser(userId).authorization.start(sessionId);
    const { searchParams } = new URL(started.kind === "redirect" ? started.url : "");
    const issuerId = issuerIdOf(servers[which].issuer);
    expect(searchParams.get("redirect_uri")).toBe(`${baseUrl}/api/mcp/auth/issuer/${issuerId}`);
    clientIds.push(searchParams.get("client_id"));
    expect(clientIds.at(-1)).not.toBe(before.opened[which].clientId);
  }
  expect(clientIds).toEqual([expect.stringMatching(/^client-/), expect.stringMatching(/^client-/)]);
});
