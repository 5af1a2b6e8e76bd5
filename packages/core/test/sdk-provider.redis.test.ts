import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startCuttingProxy } from "@mcp-assistant/testing/redis";
import { startBookkeepingServer } from "@mcp-assistant/testing/servers";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, onTestFinished, test } from "vitest";
import { appFor, outdateTokens } from "../src/authorization/sign-in/sign-in.fixture.js";
import { encryptionKeys } from "../src/samples.fixture.js";
import { openStorage } from "../src/storage/storage.js";
import { connectSdk, providerOf, waitingSession } from "./sdk-provider.js";

const program = fileURLToPath(new URL("./sdk-provider-worker.mjs", import.meta.url));

interface Report {
  outcomes: string[];
  /** Where the process has sent the user so far. */
  redirects: string[];
}

/** The worker ends when this process does, because its channel then closes. */
async function startWorker(task: object) {
  const child = fork(program, [JSON.stringify(task)]);
  await once(child, "message");
  return {
    run: async (name: string, input?: string): Promise<Report> => {
      const answer = once(child, "message");
      child.send({ task: name, input });
      return (await answer)[0];
    },
    stop: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

const said = Array.from({ length: 8 }, () => "You said hello");

// The server rotates refresh tokens, and ends the sign-in when one is used a second time.
test("two processes with four transports each renew once per expiry, and no one is signed out", async () => {
  const [server, redis] = await Promise.all([startBookkeepingServer(), startRedis()]);
  const mcp = appFor(server, { storage: redis.url, encryptionKeys });
  const storage = openStorage(redis.url, { sessionTtl: 600, encryptionKeys, logger: () => undefined });
  const session = await waitingSession(mcp, server.url);
  const task = { url: redis.url, encryptionKeys, session, serverUrl: server.url, hosts: server.hosts };
  const [one, other] = await Promise.all([startWorker(task), startWorker(task)]);
  onTestFinished(async () => {
    await Promise.all([one.stop(), other.stop(), mcp.close(), storage.close()]);
    await Promise.all([server.close(), redis.stop()]);
  });
  const both = async (name: string) => {
    const reports = await Promise.all([one.run(name), other.run(name)]);
    return reports.flatMap(({ outcomes }) => outcomes);
  };
  const refreshes = () => server.count("refresh_token");

  // One process sends the user away, and the other one gets the callback.
  const { outcomes, redirects } = await one.run("signIn");
  expect([outcomes, redirects.length]).toEqual([["UnauthorizedError"], 1]);
  const { search } = await server.answer(redirects[0] ?? "");
  expect((await other.run("finish", search)).outcomes).toEqual(["done"]);
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED" });
  expect(await both("connect")).toEqual(Array.from({ length: 8 }, () => "done"));
  expect([await both("call"), refreshes()]).toEqual([said, 0]);

  // Expired, for all of them at once.
  for (let expiry = 1; expiry <= 3; expiry++) {
    await outdateTokens(session, storage);
    expect([await both("call"), refreshes()]).toEqual([said, expiry]);
  }

  // Refused before its expiry.
  server.books.expireAccessTokens();
  expect([await both("call"), refreshes()]).toEqual([said, 4]);

  // Refused while the token endpoint is away.
  server.books.expireAccessTokens();
  const recover = server.fail(({ at }) => at === "token asked");
  expect(await both("call")).toEqual(Array.from({ length: 8 }, () => "SERVER_UNREACHABLE"));
  recover();
  server.resetCounts();
  expect([await both("call"), refreshes()]).toEqual([said, 1]);

  // No one was signed out, no refresh token was used twice, and no further sign-in began.
  expect([server.books.reuses, server.books.standing()]).toEqual([0, 1]);
  const reports = await Promise.all([one.run("call"), other.run("call")]);
  expect(reports.map((report) => report.redirects.length)).toEqual([1, 0]);
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
    state: "CONNECTED",
    signedIn: true,
  });
});

test("while Redis is away, nothing is sent or decided; a sign-in in the middle of its exchange is stored when it is back", async () => {
  const [server, redis] = await Promise.all([startBookkeepingServer(), startRedis()]);
  const proxy = await startCuttingProxy(redis);
  const mcp = appFor(server, { storage: `redis://${proxy.host}`, encryptionKeys });
  onTestFinished(async () => {
    await mcp.close();
    await Promise.all([server.close(), proxy.close(), redis.stop()]);
  });
  const session = await waitingSession(mcp, server.url);
  const { p, redirects } = providerOf(mcp, session);
  await connectSdk("v2", server.url, p).catch(() => undefined);
  const { searchParams } = await server.answer(redirects[0] ?? "");
  const isAway = async () => {
    const asked = [
      p.tokens(),
      p.clientInformation(),
      p.codeVerifier(),
      p.discoveryState(),
      p.invalidateCredentials("all"),
      p.finishAuth("code=made-up&state=made-up"),
      p.fetch(server.url, { method: "POST", body: "{}" }),
    ];
    for (const outcome of await Promise.allSettled(asked))
      expect(outcome).toMatchObject({ reason: { code: "STORE_UNAVAILABLE", retryable: true } });
  };
  server.resetCounts();
  await proxy.refuse();
  await isAway();
  await expect(p.finishAuth(searchParams)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect([server.count("mcp"), server.count("authorization_code")]).toEqual([0, 0]);
  await proxy.resume();
  const stall = server.stall(({ at }) => at === "token granted");
  const finishing = p.finishAuth(searchParams);
  await stall.until(1);
  await proxy.refuse();
  await isAway();
  stall.release();
  await proxy.resume();
  expect(await finishing).toMatchObject({ state: "CONNECTED", signedIn: true });
  expect([server.count("authorization_code"), server.count("revoke")]).toEqual([1, 0]);
});
