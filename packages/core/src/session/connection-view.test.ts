import { connectionSchema, connectionStateSchema, mcpErrorCodeSchema } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import { authUrl, someRecord, workedOn } from "../samples.fixture.js";
import { connectionsOf, toConnection } from "./connection-view.js";

test.each(connectionStateSchema.options)(
  "a connection in %s can be sent, and shows nothing beyond the protocol",
  (state) => {
    const record = someRecord({
      ...workedOn(state, Date.parse("2026-07-28T12:00:00Z")),
      flow: "the-flow",
      challenge: { resourceMetadataUrl: "https://notes.example/metadata", scope: "notes" },
      tools: { hash: "the-hash", count: 3, listedAt: null },
    });
    const connection = toConnection(record, authUrl);
    expect(connectionSchema.strict().parse(connection)).toEqual(connection);
    expect(connection).toMatchObject({ until: "2026-07-28T12:00:00.000Z", toolCount: 3 });
    for (const hidden of ["the-flow", record.work?.owner ?? "", "the-hash", record.userId, record.callbackUrl]) {
      expect(JSON.stringify(connection)).not.toContain(hidden);
    }
  },
);

test.each(["auto", "sse", "streamable-http"] as const)(
  "a connection shows the transport in use, or before that the one to try first: %s",
  (transportType) => {
    const shown = (connectedAt: number | null) =>
      toConnection(someRecord({ transportType, connectedAt }), authUrl).transportType;
    expect(shown(null)).toBe(transportType);
    expect(shown(Date.now())).toBe("streamable-http");
  },
);

test("our sign-in page is offered while a sign-in is wanted, and only then", () => {
  const offered = (changes: Parameters<typeof someRecord>[0]) => {
    const record = someRecord(changes);
    return toConnection(record, authUrl).authUrl === authUrl(record.sessionId);
  };
  const challenge = { resourceMetadataUrl: null, scope: "notes" };
  for (const state of connectionStateSchema.options) {
    expect(offered({ state })).toBe(state === "AUTHENTICATING");
    expect(offered({ state, challenge })).toBe(state === "AUTHENTICATING" || state === "CONNECTED");
  }
  for (const code of mcpErrorCodeSchema.options) {
    const error = { code, message: "", hint: "", retryable: false };
    expect(offered({ state: "FAILED", error })).toBe(["AUTHORIZATION_REQUIRED", "SESSION_UNREADABLE"].includes(code));
    const helps = ["AUTHORIZATION_REQUIRED", "SESSION_UNREADABLE", "SCOPE_REQUIRED"].includes(code);
    expect(offered({ state: "FAILED", error, challenge })).toBe(helps);
  }
});

test("an unreadable session is listed last, as FAILED, with the name from its ID and a way out", () => {
  const record = someRecord();
  const now = Date.parse("2026-07-28T12:00:00Z");
  const connections = connectionsOf({ sessions: [record], unreadable: ["abc123.mail", "no id at all"], now }, authUrl);
  for (const connection of connections) expect(connectionSchema.strict().parse(connection)).toEqual(connection);
  expect(connections).toMatchObject([
    { sessionId: record.sessionId, state: "CONNECTED" },
    {
      sessionId: "abc123.mail",
      serverId: "mail",
      serverName: "mail",
      state: "FAILED",
      stateSince: "2026-07-28T12:00:00.000Z",
      error: { code: "SESSION_UNREADABLE", hint: expect.stringContaining("Remove the connection") },
      // Signing in would not help: the record itself is unreadable.
      authUrl: null,
    },
    { sessionId: "no id at all", serverId: "", state: "FAILED" },
  ]);
});
