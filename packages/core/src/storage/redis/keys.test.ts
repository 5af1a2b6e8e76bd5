import { expect, test } from "vitest";
import { createSessionId, userTag } from "../../session/session-id.js";
import { Keys } from "./keys.js";

const shared = (kind: "attempt" | "registration" | "tool-list", id: string) => ({
  partition: { shared: kind, id },
  value: { kind, id },
});

/** One key of every kind, those of a user and shared ones. */
function spell(keys: Keys, user: string, sessionId: string) {
  const own = (kind: "session" | "credentials" | "handshake" | "tools" | "server" | "lock", id: string) =>
    keys.value({ user }, { kind, id });
  const [attempt, registration, list] = [
    shared("attempt", "0af1"),
    shared("registration", "0af2"),
    shared("tool-list", "0af3"),
  ];
  return {
    session: own("session", sessionId),
    credentials: own("credentials", sessionId),
    handshake: own("handshake", sessionId),
    tools: own("tools", sessionId),
    sessions: keys.index(user, "session"),
    server: own("server", "notes"),
    events: keys.events(user),
    rate: keys.rate(user, "calls"),
    attempt: keys.value(attempt.partition, attempt.value),
    registration: keys.value(registration.partition, registration.value),
    toolList: keys.value(list.partition, list.value),
    refreshLock: own("lock", `${sessionId}:refresh:tv1`),
    handshakeLock: own("lock", `${sessionId}:handshake:id1`),
    registrationLock: keys.value(registration.partition, { kind: "lock", id: "registration" }),
    registrationRenewal: keys.value(registration.partition, { kind: "lock", id: "registration-renewal" }),
  };
}

/** The part of a key by which Redis Cluster chooses its slot (Redis Cluster specification, "Hash tags"). */
function hashedPart(key: string): string {
  const open = key.indexOf("{");
  const close = key.indexOf("}", open + 1);
  return open >= 0 && close > open + 1 ? key.slice(open + 1, close) : key;
}

test("keys are as documented", () => {
  expect(spell(new Keys(), "ada", "q7Xabc.notes")).toEqual({
    session: "mcp:session:q7Xabc.notes",
    credentials: "mcp:credentials:q7Xabc.notes",
    handshake: "mcp:handshake:q7Xabc.notes",
    tools: "mcp:tools:q7Xabc.notes",
    sessions: "mcp:user:ada:sessions",
    server: "mcp:user:ada:server:notes",
    events: "mcp:user:ada:events",
    rate: "mcp:rate:ada:calls",
    attempt: "mcp:attempt:0af1",
    registration: "mcp:registration:0af2",
    toolList: "mcp:tool-list:0af3",
    refreshLock: "mcp:lock:q7Xabc.notes:refresh:tv1",
    handshakeLock: "mcp:lock:q7Xabc.notes:handshake:id1",
    registrationLock: "mcp:lock:registration:0af2",
    registrationRenewal: "mcp:lock:registration-renewal:0af2",
  });
});

test("every key begins with the prefix", () => {
  expect(spell(new Keys({ prefix: "shop:" }), "ada", "q7Xabc.notes")).toEqual({
    session: "shop:mcp:session:q7Xabc.notes",
    credentials: "shop:mcp:credentials:q7Xabc.notes",
    handshake: "shop:mcp:handshake:q7Xabc.notes",
    tools: "shop:mcp:tools:q7Xabc.notes",
    sessions: "shop:mcp:user:ada:sessions",
    server: "shop:mcp:user:ada:server:notes",
    events: "shop:mcp:user:ada:events",
    rate: "shop:mcp:rate:ada:calls",
    attempt: "shop:mcp:attempt:0af1",
    registration: "shop:mcp:registration:0af2",
    toolList: "shop:mcp:tool-list:0af3",
    refreshLock: "shop:mcp:lock:q7Xabc.notes:refresh:tv1",
    handshakeLock: "shop:mcp:lock:q7Xabc.notes:handshake:id1",
    registrationLock: "shop:mcp:lock:registration:0af2",
    registrationRenewal: "shop:mcp:lock:registration-renewal:0af2",
  });
});

test("with a Cluster, a user's keys carry the user's tag, shared keys do not", () => {
  const tag = userTag("ada");
  const sessionId = createSessionId("ada", "notes");
  expect(spell(new Keys({ tagged: true }), "ada", sessionId)).toEqual({
    session: `mcp:{${tag}}:session:${sessionId}`,
    credentials: `mcp:{${tag}}:credentials:${sessionId}`,
    handshake: `mcp:{${tag}}:handshake:${sessionId}`,
    tools: `mcp:{${tag}}:tools:${sessionId}`,
    sessions: `mcp:{${tag}}:user:ada:sessions`,
    server: `mcp:{${tag}}:user:ada:server:notes`,
    events: `mcp:{${tag}}:user:ada:events`,
    rate: `mcp:{${tag}}:rate:ada:calls`,
    attempt: "mcp:attempt:0af1",
    // In the same slot as its lock, because one script uses both.
    registration: "mcp:registration:{0af2}",
    toolList: "mcp:tool-list:0af3",
    refreshLock: `mcp:{${tag}}:lock:${sessionId}:refresh:tv1`,
    handshakeLock: `mcp:{${tag}}:lock:${sessionId}:handshake:id1`,
    registrationLock: "mcp:lock:registration:{0af2}",
    registrationRenewal: "mcp:lock:registration-renewal:{0af2}",
  });
});

test.each(["ada", "{b}", "}{", "用户😀", "a:b", "%7B", " "])(
  "with a Cluster, all keys of the user %j are in one slot",
  (userId) => {
    for (const prefix of [undefined, "shop:"]) {
      const keys = spell(new Keys({ tagged: true, prefix }), userId, createSessionId(userId, "notes"));
      const { session, credentials, tools, sessions, server, events, rate, refreshLock } = keys;
      const parts = [session, credentials, tools, sessions, server, events, rate, refreshLock].map(hashedPart);
      expect(new Set(parts)).toEqual(new Set([userTag(userId)]));
    }
  },
);

test.each([
  ["a:b", "a%3Ab"],
  ["100%", "100%25"],
  ["a%3Ab", "a%253Ab"],
  ["{tag}", "%7Btag%7D"],
  ["with space\n", "with%20space%0A"],
  ["a/../b", "a%2F..%2Fb"],
  ["用户", "%E7%94%A8%E6%88%B7"],
  ["a:sessions", "a%3Asessions"],
])("the user id %j is written as %s", (userId, written) => {
  const keys = new Keys();
  expect(keys.index(userId, "session")).toBe(`mcp:user:${written}:sessions`);
  expect(keys.events(userId)).toBe(`mcp:user:${written}:events`);
  expect(keys.value({ user: userId }, { kind: "server", id: "notes" })).toBe(`mcp:user:${written}:server:notes`);
  expect(keys.rate(userId, "calls")).toBe(`mcp:rate:${written}:calls`);
});

test("no two users share a key, even with unusual ids", () => {
  const odd = ["a", "a:server", "a:server:b", "a:sessions", "a%3Asessions", "a:events", "A", "a ", " a", "%61"];
  const keys = new Keys();
  const all = odd.flatMap((id) => [
    keys.index(id, "session"),
    keys.events(id),
    keys.value({ user: id }, { kind: "server", id: "sessions" }),
    keys.rate(id, "calls"),
  ]);
  expect(new Set(all).size).toBe(all.length);
});

test.each(["", "x", "no session id at all", "{}", "}{.notes", "ab", "用户😀", "../../"])(
  "a text that is not a session id, %j, also has a key, which with a Cluster is in its user's slot",
  (sessionId) => {
    const [plain, tagged] = [spell(new Keys(), "ada", sessionId), spell(new Keys({ tagged: true }), "ada", sessionId)];
    expect(plain.session).toBe(`mcp:session:${sessionId}`);
    for (const key of [tagged.session, tagged.credentials]) expect(hashedPart(key)).toBe(userTag("ada"));
  },
);

test.each(["attempt", "registration", "tool-list"] as const)(
  "with a Cluster, the locks of a value of kind %s are in its slot",
  (kind) => {
    for (const prefix of [undefined, "shop:", "{shop}:"]) {
      const keys = new Keys({ tagged: true, prefix });
      const { partition, value } = shared(kind, "0af4");
      const lock = keys.value(partition, { kind: "lock", id: "work" });
      expect(hashedPart(lock)).toBe(hashedPart(keys.value(partition, value)));
    }
  },
);

test.each(["session", "attempt", "registration"] as const)("the id can be read back from a key of kind %s", (kind) => {
  for (const style of [{}, { tagged: true }, { prefix: "session:registration:" }, { prefix: "{a}", tagged: true }]) {
    const keys = new Keys(style);
    for (const id of ["0af4", `a:${kind}:b`, "{b}", ""]) {
      const partition = kind === "session" ? { user: "ada" } : shared(kind, id).partition;
      expect(keys.idIn(keys.value(partition, { kind, id }), kind)).toBe(id);
    }
  }
});

test("a pattern matches the keys of its kind and prefix, with special characters escaped", () => {
  expect(new Keys().pattern("session")).toBe("mcp:session:*");
  expect(new Keys().pattern("attempt")).toBe("mcp:attempt:*");
  expect(new Keys().pattern("registration")).toBe("mcp:registration:*");
  expect(new Keys({ tagged: true }).pattern("session")).toBe("mcp:{???}:session:*");
  expect(new Keys({ tagged: true }).pattern("attempt")).toBe("mcp:attempt:*");
  expect(new Keys({ prefix: "a*b?[c]^\\-:" }).pattern("session")).toBe("a\\*b\\?\\[c\\]\\^\\\\\\-:mcp:session:*");
});
