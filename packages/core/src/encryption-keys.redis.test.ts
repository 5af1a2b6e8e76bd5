import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { appFor, callbackOf, finish, openSignIn, signedIn, start } from "./authorization/sign-in/sign-in.fixture.js";
import { createMcp } from "./create-mcp.js";
import { KeyRing } from "./credentials/key-ring.js";
import type { McpOptions } from "./options/options.js";
import { encryptionKeys, someUser } from "./samples.fixture.js";

const baseUrl = "http://127.0.0.1:9";
let redis: Awaited<ReturnType<typeof startRedis>>;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.stop());

/** Each test uses its own database. */
const database = (number: number) => `${redis.url}/${number}`;

describe("an app with Redis but no keys", () => {
  test.each([undefined, ""])(
    "can be created with %j, but fails at its first use with the command that makes a key",
    async (missing) => {
      const mcp = createMcp({ storage: database(1), baseUrl, encryptionKeys: missing });
      onTestFinished(() => mcp.close());
      const error = await mcp
        .forUser(someUser())
        .list()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: "CONFIGURATION_INVALID",
        message: expect.stringContaining("encryptionKeys"),
        hint: expect.stringMatching(/^Set MCP_ENCRYPTION_KEYS to what this command prints: node -p /),
      });

      const [, command = ""] = /prints: (.*)$/.exec((error as { hint: string }).hint) ?? [];
      const path = `${dirname(process.execPath)}:${process.env.PATH}`;
      const { stdout } = await promisify(execFile)("/bin/sh", ["-c", command], { env: { ...process.env, PATH: path } });
      const ring = KeyRing.parse(stdout);
      expect(ring.seals).toBe(true);
      expect(ring.open(ring.seal("a token", []), [])).toBe("a token");
      expect(ring.seal("a token", []).kid).toBe("k1");
    },
  );

  test("fails at every use, not only the first, and works once it has keys", async () => {
    const options: McpOptions = { storage: database(2), baseUrl };
    const mcp = createMcp(options);
    for (let use = 0; use < 2; use++) {
      await expect(mcp.forUser(someUser()).list()).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
    }
    await mcp.close();
    const working = createMcp({ ...options, encryptionKeys });
    expect(await working.forUser(someUser()).list()).toEqual([]);
    await working.close();
  });

  test("fails with invalid keys, and the error does not repeat them", async () => {
    const mcp = createMcp({ storage: database(1), baseUrl, encryptionKeys: "k1:dG9vLXNob3J0" });
    const error = await mcp
      .forUser(someUser())
      .list()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "CONFIGURATION_INVALID",
      message: expect.stringContaining('"k1" has 9 bytes'),
    });
    expect(`${error} ${JSON.stringify(error)}`).not.toContain("dG9v");
  });

  test("may set `none`: that is logged as an error once per app, and never when there are keys", async () => {
    const logged: McpObservabilityEvent[] = [];
    const options = { storage: database(3), baseUrl, logger: (event: McpObservabilityEvent) => logged.push(event) };
    const apps = [createMcp({ ...options, encryptionKeys: "none" }), createMcp({ ...options, encryptionKeys: "none" })];
    for (const mcp of apps) for (let use = 0; use < 3; use++) await mcp.forUser(someUser()).list();
    const loud = expect.objectContaining({ level: "error", message: expect.stringContaining("is none") });
    expect(logged).toEqual([loud, loud]);
    for (const mcp of apps) await mcp.close();

    const sealing = createMcp({ ...options, encryptionKeys });
    await sealing.forUser(someUser()).list();
    await sealing.close();
    expect(logged).toHaveLength(2);
  });

  test("fails even when another app has keys on the same Redis", async () => {
    const [working, keyless] = [
      createMcp({ storage: database(5), baseUrl, encryptionKeys }),
      createMcp({ storage: database(5), baseUrl }),
    ];
    await working.forUser(someUser()).list();
    await expect(keyless.forUser(someUser()).list()).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
    for (const mcp of [working, keyless]) await mcp.close();
  });
});

describe("a sign-in that cannot be decrypted", () => {
  let server: OauthServer;

  beforeAll(async () => {
    server = await startOauthServer();
  });

  afterAll(() => server.close());

  /** A session that was signed in before its app restarted with other keys and lost the old one. */
  async function lostKey() {
    const [before, after] = ["k1", "k2"].map((kid) => `${kid}:${Buffer.alloc(32, kid).toString("base64")}`);
    const options = { storage: database(4), encryptionKeys: before };
    const old = appFor(server, options);
    const session = await signedIn(old, server);
    await old.close();
    const mcp = appFor(server, { ...options, encryptionKeys: after });
    onTestFinished(() => mcp.close());
    return { mcp, session: { userId: session.userId, sessionId: session.sessionId } };
  }

  test("fails a call and then shows in the list with a link to sign in; signing in again fixes it", async () => {
    const { mcp, session } = await lostKey();
    expect(await mcp.forUser(session.userId).list()).toMatchObject([{ state: "CONNECTED" }]);

    const client = mcp.forUser(session.userId).client(session.sessionId);
    onTestFinished(() => client.close());
    const call = () => client.callTool("search_notes", { query: "" });
    await expect(call()).rejects.toMatchObject({
      code: "SESSION_UNREADABLE",
      operatorHint: expect.stringContaining(session.sessionId),
      hint: expect.stringContaining("Sign in again"),
    });
    expect(await mcp.forUser(session.userId).list()).toMatchObject([
      { state: "FAILED", error: { code: "SESSION_UNREADABLE" }, authUrl: expect.stringContaining("/auth/start") },
    ]);

    await finish(mcp, await callbackOf(await start(mcp, session)));
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED", error: null });
    expect(await call()).toMatchObject({ structuredContent: { notes: [] } });
  });

  test("makes a reconnect fail the session instead of hanging, and calls on it fail, too", async () => {
    const { mcp, session } = await lostKey();
    expect(await mcp.forUser(session.userId).reconnect(session.sessionId)).toMatchObject({
      state: "FAILED",
      error: { code: "SESSION_UNREADABLE" },
    });
    const client = mcp.forUser(session.userId).client(session.sessionId);
    onTestFinished(() => client.close());
    await expect(client.callTool("search_notes", { query: "" })).rejects.toMatchObject({ code: "NOT_CONNECTED" });
    expect((await mcp.forUser(session.userId).get(session.sessionId)).authUrl).toContain("/auth/start");
  });

  test("does not stop the session from being disconnected and removed", async () => {
    const { mcp, session } = await lostKey();
    await mcp.forUser(session.userId).disconnect(session.sessionId);
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "DISCONNECTED" });
    await mcp.forUser(session.userId).remove(session.sessionId);
    expect(await mcp.forUser(session.userId).list()).toEqual([]);
  });

  test("refuses the callback as expired if it was still open when the key was lost, and can be started again", async () => {
    const [before, after] = ["k1", "k2"].map((kid) => `${kid}:${Buffer.alloc(32, kid).toString("base64")}`);
    const options = { storage: database(5), encryptionKeys: before };
    const old = appFor(server, options);
    const signIn = await openSignIn(old, server);
    await old.close();
    const mcp = appFor(server, { ...options, encryptionKeys: after });
    onTestFinished(() => mcp.close());
    const finishing = finish(mcp, await callbackOf(signIn));
    await expect(finishing).rejects.toMatchObject({ code: "INVALID_STATE", reason: "expired" });
    await finish(mcp, await callbackOf(await start(mcp, signIn)));
    expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "CONNECTED" });
  });
});

test("`reencrypt` re-encrypts what an older key encrypted, and the app then works without that key", async () => {
  const server = await startOauthServer();
  onTestFinished(server.close);
  const [old, fresh] = ["k1", "k2"].map((kid) => `${kid}:${Buffer.alloc(32, `rotate ${kid}`).toString("base64")}`);
  const appWith = (keys: string | undefined) => {
    const mcp = appFor(server, { storage: database(6), encryptionKeys: keys });
    onTestFinished(() => mcp.close());
    return mcp;
  };
  const before = appWith(old);
  const session = await signedIn(before, server);
  await before.close();
  const during = appWith(`${fresh},${old}`);
  // The session's sign-in, its attempt and the app's registration.
  expect(await during.reencrypt()).toEqual({ current: 3, unreadable: 0 });
  await during.close();
  const after = appWith(fresh);
  const client = after.forUser(session.userId).client(session.sessionId);
  expect(await client.callTool("search_notes", { query: "" })).toMatchObject({ structuredContent: { notes: [] } });
  await client.close();
  expect(await after.forUser(session.userId).authorization.status(session.attemptId)).toMatchObject({
    status: "connected",
  });
});
