import { connectInputSchema } from "@mcp-assistant/protocol";
import { describe, expect, test } from "vitest";
import {
  checkNewSessionId,
  createNamelessSessionId,
  createSessionId,
  serverIdFromUrl,
  serverIdOf,
  userTag,
} from "./session-id.js";

const idOf = (url: string) => serverIdFromUrl(new URL(url));

test("session IDs of a user share the user's tag and end with the server's ID", () => {
  const ids = [createSessionId("ada", "notes"), createSessionId("ada", "a_b-c")];
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9]{3}[\w-]{21}\.[\w-]+$/);
  expect(ids.map((id) => id.slice(0, 3))).toEqual([userTag("ada"), userTag("ada")]);
  expect(ids.map(serverIdOf)).toEqual(["notes", "a_b-c"]);
  expect(userTag("grace")).not.toBe(userTag("ada"));
});

describe("CVE-2025-6515, CVE-2026-33946: a session id cannot be guessed", () => {
  const length = 21;
  const secretPart = /^[A-Za-z0-9]{3}([\w-]{21})\.notes$/;
  const ids = Array.from({ length: 100_000 }, () => secretPart.exec(createSessionId("ada", "notes"))?.[1] ?? "");

  test("none of 100,000 IDs is made twice, or begins or ends like another", () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids.map((id) => id.slice(0, 12))).size).toBe(ids.length);
    expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(ids.length);
  });

  test("each of the 21 characters is one of 64, all equally often", () => {
    for (let place = 0; place < length; place++) {
      const counts = new Map<string, number>();
      for (const id of ids) counts.set(id.charAt(place), (counts.get(id.charAt(place)) ?? 0) + 1);
      expect(counts.size).toBe(64);
      const expected = ids.length / 64;
      const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // With 63 degrees of freedom, chance exceeds this less than once in a hundred million.
      expect(chiSquare).toBeLessThan(150);
    }
  });
});

describe("the id of a new session", () => {
  const ada = { userId: "ada", serverId: "notes" };

  test.each([createSessionId("ada", "notes"), createNamelessSessionId()])("may be %s", (sessionId) => {
    expect(() => checkNewSessionId(sessionId, ada)).not.toThrow();
  });

  test.each([
    [createSessionId("grace", "notes"), "sessionId: This id was made for another user"],
    [createSessionId("ada", "mail"), "sessionId: This id was made for another server"],
    [createSessionId("ada", ""), "sessionId: This is not a session id"],
    [createSessionId("ada", "a/b"), "sessionId: This is not a session id"],
    [`${createNamelessSessionId()}.`, "sessionId: This is not a session id"],
    [createNamelessSessionId().slice(1), "sessionId: This is not a session id"],
    ["", "sessionId: This is not a session id"],
    [null, "sessionId: This is not a session id"],
    [{ toString: () => createNamelessSessionId() }, "sessionId: This is not a session id"],
  ])("cannot be %j", (sessionId, message) => {
    expect(() => checkNewSessionId(sessionId, ada)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message }),
    );
  });

  test("without a server is as hard to guess", () => {
    const ids = Array.from({ length: 1_000 }, createNamelessSessionId);
    expect(new Set(ids.map((id) => id.slice(0, 12))).size).toBe(1_000);
    for (const id of ids) expect([id.length, serverIdOf(id)]).toEqual([24, ""]);
  });
});

test("text that is not a session ID has no server", () => {
  expect(serverIdOf("nonsense")).toBe("");
  expect(serverIdOf("")).toBe("");
});

test("a server's ID shows the host and path, but never the query", () => {
  expect(idOf("https://mcp.example.com/v1/mcp")).toMatch(/^mcp_example_com_v1_mcp_[A-Za-z0-9]{8}$/);
  expect(idOf("https://mcp.example.com/mcp?key=topsecret")).not.toContain("topsecret");
});

test("similar URLs get different IDs, and the same URL gets the same ID", () => {
  const urls = ["https://a.example/mcp", "http://a.example/mcp", "https://a.example/mcp/", "https://a.example/m-cp"];
  const queries = ["https://a.example/mcp?key=1", "https://a.example/mcp?key=2", "https://a.example:8443/mcp"];
  const ids = [...urls, ...queries].map(idOf);
  expect(new Set(ids).size).toBe(ids.length);
  expect(idOf("HTTPS://A.example:443/mcp")).toBe(idOf("https://a.example/mcp"));
});

test.each([
  "https://x/",
  `https://${"very-long.".repeat(12)}example/${"path/".repeat(30)}`,
  "https://[2001:db8::1]:8443/%F0%9F%98%80/../*",
  "https://bücher.example/ä",
])("the ID of %s is one that a caller could have given", (url) => {
  const serverId = idOf(url);
  expect(connectInputSchema.parse({ serverUrl: url.slice(0, 2_048), serverId }).serverId).toBe(serverId);
  expect(serverId.length).toBeLessThanOrEqual(49);
});
