import { isMcpSessionError } from "@mcp-assistant/protocol";
import { eventually } from "@mcp-assistant/testing/eventually";
import type { HostileAnswer, HostileEndpoint, Lies } from "@mcp-assistant/testing/servers";
import { describe, expect, test } from "vitest";
import { call, connectedHostile, connectHostile, expectRecovery, type HostileApp, signIn } from "./hostile-app.js";

/**
 * The longest (ms) that a step may take at a server that takes forever: its own limit, plus some for a busy machine.
 */
const patience = 13_000;

/** How long `step` takes, in ms, and what it returns or throws. */
async function timed(step: Promise<unknown>) {
  const began = performance.now();
  const outcome = await step.catch((error: unknown) => error);
  return { outcome, took: performance.now() - began };
}

const slowly: [string, HostileAnswer][] = [
  ["never answers", { kind: "stall" }],
  ["sends one byte a second", { kind: "drip" }],
];

const at = (...endpoints: HostileEndpoint[]) =>
  endpoints.flatMap((endpoint) =>
    slowly.map(([how, answer]): { what: string; lies: Lies } => ({
      what: `${endpoint} that ${how}`,
      lies: { answers: { [endpoint]: answer } },
    })),
  );

// They run concurrently, because each waits for a limit of ten seconds.
describe.concurrent("a server that takes forever is given up in time, and works again later", {
  timeout: 60_000,
}, () => {
  const unreachable = { code: "SERVER_UNREACHABLE", retryable: true };

  test.for(at("resourceMetadata", "metadata", "registration"))("$what", async ({ lies }, own) => {
    const app = await connectHostile(lies, own);
    const { outcome, took } = await timed(
      app.mcp.forUser(app.session.userId).authorization.start(app.session.sessionId),
    );
    expect(outcome).toMatchObject(unreachable);
    expect(took).toBeLessThan(patience);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
      state: "FAILED",
      error: unreachable,
    });
    await expectRecovery(app);
  });

  test.for(at("token"))("$what", async ({ lies }, own) => {
    const app = await connectHostile(lies, own);
    const { took } = await timed(signIn(app));
    expect(took).toBeLessThan(patience);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
      state: "FAILED",
      error: unreachable,
    });
    await expectRecovery(app);
  });

  test.for(at("refresh"))("$what", async ({ lies }, own) => {
    const app = await connectedHostile(lies, { own });
    app.server.expireAccessTokens();
    const { outcome, took } = await timed(call(app));
    expect(outcome).toMatchObject({ retryable: true });
    expect(took).toBeLessThan(patience);
    app.server.lie();
    await expectUsable(app);
  });

  test.for(at("revocation"))("$what", async ({ lies }, own) => {
    const app = await connectedHostile(lies, { own });
    const { took } = await timed(app.mcp.forUser(app.session.userId).signOut(app.session.sessionId));
    expect(took).toBeLessThan(patience);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
      state: "DISCONNECTED",
      active: false,
    });
    await expectRecovery(app);
  });
});

/**
 * Expects that a call works, or that it works after a new sign-in: a server that refreshed without answering treats the
 * old token as stolen. A call right after the first may still share the request that is never answered.
 */
async function expectUsable(app: HostileApp): Promise<void> {
  const outcome = await eventually(async () => {
    const answer = await call(app);
    return isMcpSessionError(answer) && answer.retryable ? undefined : answer;
  });
  if (outcome instanceof Error) await expectRecovery(app);
  else expect(outcome).toMatchObject({ content: [{ text: "whoami" }] });
}
