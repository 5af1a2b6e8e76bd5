import { answerConsentPage } from "@mcp-assistant/demo-servers/oauth";
import { startScopedMcpServer } from "@mcp-assistant/testing/servers";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { maxListedAttempts } from "../authorization/sign-in/open-attempts.js";
import { UnauthorizedError } from "../index.js";
import { attemptOf } from "../samples.fixture.js";
import { startOwnSessions } from "./own-session.fixture.js";

const { open, clientOf, signingIn, close } = await startOwnSessions();
afterAll(close);

describe("a bare code", () => {
  async function scoped(clients: "by hand" | "dynamic" = "by hand") {
    const server = await startScopedMcpServer({ wants: () => undefined });
    onTestFinished(server.close);
    const authorization = clients === "by hand" ? { clients: [{ issuer: server.origin, clientId: "app" }] } : {};
    const mcp = open({ authorization }, [server.host]);
    const signIn = signingIn({}, server.url);
    await expect(signIn.client.connect()).rejects.toBeInstanceOf(UnauthorizedError);
    const codeOf = async (authUrl = "") => {
      const { headers } = await fetch(authUrl, { redirect: "manual" });
      return new URL(headers.get("location") ?? "").searchParams.get("code") ?? "";
    };
    return { ...signIn, mcp, codeOf };
  }

  test("finishes the only open sign-in of a configured issuer that does not name itself, from the ids alone", async () => {
    const { userId, sessionId, redirects, codeOf } = await scoped();
    const client = clientOf({ userId, sessionId });
    expect(await client.finishAuth(await codeOf(redirects[0]))).toMatchObject({ state: "CONNECTED" });
    expect((await client.listTools()).tools).toHaveLength(2);
    await expect(client.finishAuth(await codeOf(redirects[0]))).rejects.toMatchObject({ code: "INVALID_STATE" });
  });

  test("is not what is left of a callback without its state, which anybody can make a browser open", async () => {
    const { client, redirects, codeOf } = await scoped();
    const code = await codeOf(redirects[0]);
    for (const stateless of [
      new URLSearchParams({ code }),
      `?code=${code}`,
      `http://127.0.0.1:9/api/mcp/auth/callback?code=${code}`,
    ]) {
      await expect(client.finishAuth(stateless)).rejects.toMatchObject({ code: "INVALID_STATE" });
    }
    expect(await client.finishAuth(code)).toMatchObject({ state: "CONNECTED" });
  });

  test("is refused while two sign-ins are open, and without a session", async () => {
    const { userId, client, redirects, codeOf } = await scoped();
    await client.connect().catch(() => undefined);
    expect(attemptOf(redirects[0] ?? "")).not.toBe(attemptOf(redirects[1] ?? ""));
    const code = await codeOf(redirects[1]);
    for (const refused of [client, clientOf({ userId })]) {
      await expect(refused.finishAuth(code)).rejects.toMatchObject({
        code: "INVALID_INPUT",
        operatorHint: expect.stringContaining("the whole address of the callback"),
      });
    }
  });

  test("is refused while an earlier sign-in is open, even if one between them has failed", async () => {
    const { mcp, userId, sessionId, client, redirects, codeOf } = await scoped();
    const begin = async () => {
      const started = await mcp.forUser(userId).authorization.start(sessionId, { browser: false });
      return started.kind === "redirect" ? started.url : "";
    };
    const state = new URL(await begin()).searchParams.get("state") ?? "";
    const failed = new URLSearchParams({ error: "server_error", state });
    await expect(client.finishAuth(failed)).rejects.toMatchObject({ code: "AUTHORIZATION_FAILED" });
    const code = await codeOf(await begin());
    await expect(client.finishAuth(code)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    const { headers } = await fetch(redirects[0] ?? "", { redirect: "manual" });
    expect(await client.finishAuth(headers.get("location") ?? "")).toMatchObject({ state: "CONNECTED" });
  });

  test("is refused while the list of sign-ins is full, because others that are open may have dropped out of it", async () => {
    const { mcp, userId, sessionId, client, redirects, codeOf } = await scoped();
    for (let listed = 1; listed < maxListedAttempts; listed++) {
      const started = await mcp.forUser(userId).authorization.start(sessionId, { browser: false });
      const state = new URL(started.kind === "redirect" ? started.url : "").searchParams.get("state") ?? "";
      const failed = new URLSearchParams({ error: "server_error", state });
      await expect(client.finishAuth(failed)).rejects.toMatchObject({ code: "AUTHORIZATION_FAILED" });
    }
    await expect(client.finishAuth(await codeOf(redirects[0]))).rejects.toMatchObject({ code: "INVALID_INPUT" });
    const { headers } = await fetch(redirects[0] ?? "", { redirect: "manual" });
    expect(await client.finishAuth(headers.get("location") ?? "")).toMatchObject({ state: "CONNECTED" });
  });

  test("finishes the only open sign-in of a working connection", async () => {
    const { mcp, userId, sessionId, client, redirects, codeOf } = await scoped();
    await client.finishAuth(await codeOf(redirects[0]));
    const started = await mcp.forUser(userId).authorization.start(sessionId, { browser: false });
    const code = await codeOf(started.kind === "redirect" ? started.url : "");
    expect(await clientOf({ userId, sessionId }).finishAuth(code)).toMatchObject({ state: "CONNECTED" });
  });

  test("is refused for an issuer that has a redirect URL of its own, and so is a query without it", async () => {
    const { client, redirects } = await scoped("dynamic");
    const { headers } = await fetch(redirects[0] ?? "", { redirect: "manual" });
    const back = new URL(headers.get("location") ?? "");
    for (const [given, problem] of [
      [back.searchParams.get("code") ?? "", "The code alone does not say which sign-in it belongs to"],
      [back.search, "The query of this callback does not say which server it came from"],
      [back.searchParams, "The query of this callback does not say which server it came from"],
    ] as const) {
      await expect(client.finishAuth(given)).rejects.toMatchObject({ code: "INVALID_INPUT", message: problem });
    }
    expect(await client.finishAuth(back)).toMatchObject({ state: "CONNECTED" });
  });

  test("is refused for a server that promises to name itself", async () => {
    open();
    const { client, redirects } = signingIn();
    await client.connect().catch(() => undefined);
    const code = (await answerConsentPage(redirects[0] ?? "")).searchParams.get("code") ?? "";
    await expect(client.finishAuth(code)).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  test("is refused for a sign-in that a browser started", async () => {
    const mcp = open();
    const { client, userId, sessionId } = signingIn({ onRedirect: undefined });
    await client.connect().catch(() => undefined);
    await mcp.forUser(userId).authorization.start(sessionId);
    await expect(client.finishAuth("code")).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});
