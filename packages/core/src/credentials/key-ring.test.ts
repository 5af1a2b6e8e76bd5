import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { KeyRing, type Sealed } from "./key-ring.js";

const someKey = () => randomBytes(32).toString("base64");
const [one, two] = [someKey(), someKey()];
const ring = KeyRing.parse(`k1:${one}`);
const place = ["credentials", "session", "user", "https://notes.example/mcp"];

const bytesOf = ({ sealed }: Sealed) => Buffer.from(sealed, "base64url");
const withBytes = ({ kid }: Sealed, bytes: Buffer): Sealed => ({ kid, sealed: bytes.toString("base64url") });

test.each(["a token", "", "日本 😀 \u0000 é", '{"json":true}', "x".repeat(100_000)])(
  "%.20j opens to the text that was sealed",
  (text) => {
    const sealed = ring.seal(text, place);
    expect(ring.open(sealed, place)).toBe(text);
    expect(sealed.kid).toBe("k1");
  },
);

test("a seal reveals nothing about its text but the length", () => {
  const text = "a-secret-that-stands-out";
  const { sealed } = ring.seal(text, place);
  for (const encoded of [Buffer.from(sealed, "base64url").toString("latin1"), sealed])
    expect(encoded).not.toContain(text);
  expect(sealed).toMatch(/^[\w-]+$/);
});

test("a seal does not open if any bit of any byte has changed", () => {
  const sealed = ring.seal("a token", place);
  const bytes = bytesOf(sealed);
  expect(ring.open(withBytes(sealed, bytes), place)).toBe("a token");
  for (const [at, byte] of bytes.entries()) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[at] = byte ^ (1 << bit);
      expect(ring.open(withBytes(sealed, changed), place), `byte ${at}, bit ${bit}`).toBeUndefined();
    }
  }
});

test.each(["a token", ""])("a seal of %j does not open with a shortened tag, or if it was cut or extended", (text) => {
  const sealed = ring.seal(text, place);
  const bytes = bytesOf(sealed);
  for (const tagLength of [0, 4, 8, 12, 13, 14, 15]) {
    const cut = bytes.subarray(0, bytes.length - 16 + tagLength);
    expect(ring.open(withBytes(sealed, cut), place), `a tag of ${tagLength} bytes`).toBeUndefined();
  }
  for (let length = 0; length < bytes.length; length++) {
    expect(ring.open(withBytes(sealed, bytes.subarray(0, length)), place), `${length} bytes`).toBeUndefined();
  }
  expect(ring.open(withBytes(sealed, Buffer.concat([bytes, Buffer.alloc(1)])), place)).toBeUndefined();
});

test.each(["", "no seal at all", "😀", "=".repeat(64), "A".repeat(64)])("%j is not a seal", (sealed) => {
  expect(ring.open({ kid: "k1", sealed }, place)).toBeUndefined();
});

describe("a seal is bound to its place", () => {
  const others: [string, string[]][] = [
    ...place.map((_, at): [string, string[]] => [
      `another part ${at}`,
      place.map((part, index) => (index === at ? `${part}x` : part)),
    ]),
    ["one part fewer", place.slice(0, -1)],
    ["one part more", [...place, ""]],
    ["no parts", []],
    ["the parts in another order", [...place].reverse()],
    ["the parts joined into one", [place.join("")]],
    ["a boundary that has moved", ["credentialss", "ession", ...place.slice(2)]],
    ["a boundary that is written into a part", ['credentials","session', ...place.slice(2)]],
  ];

  test.each(others)("and does not open with %s", (_which, other) => {
    const sealed = ring.seal("a token", place);
    expect(ring.open(sealed, other)).toBeUndefined();
    expect(ring.open(sealed, [...place])).toBe("a token");
  });
});

test("a seal does not open under another name of its key, with another key of its name, or without a key", () => {
  const twins = KeyRing.parse(`k1:${one},k2:${one}`);
  const sealed = twins.seal("a token", place);
  expect(twins.open(sealed, place)).toBe("a token");
  expect(twins.open({ ...sealed, kid: "k2" }, place)).toBeUndefined();
  expect(KeyRing.parse(`k1:${two}`).open(sealed, place)).toBeUndefined();
  expect(KeyRing.parse(`k2:${two}`).open(sealed, place)).toBeUndefined();
  expect(twins.open({ ...sealed, kid: null }, place)).toBeUndefined();
});

test("the first key seals, all keys open, and what another key has sealed is outdated", () => {
  const [before, after] = [KeyRing.parse(`k1:${one}`), KeyRing.parse(`k2:${two}, k1:${one}`)];
  const old = before.seal("old", place);
  expect(after.open(old, place)).toBe("old");
  expect([before.isOutdated(old), after.isOutdated(old)]).toEqual([false, true]);
  const fresh = after.seal("new", place);
  expect(fresh.kid).toBe("k2");
  expect(after.isOutdated(fresh)).toBe(false);
  expect(before.open(fresh, place)).toBeUndefined();
});

test("with none, texts stay in clear, and the ring says so", () => {
  const none = KeyRing.parse("none");
  expect(none.seals).toBe(false);
  expect(none.seal("a token", place)).toEqual({ kid: null, sealed: "a token" });
  expect(none.open({ kid: null, sealed: "a token" }, place)).toBe("a token");
  expect(none.open(ring.seal("a token", place), place)).toBeUndefined();
});

test("with none after a key, clear text can be read and is sealed next; without none, it cannot be read", () => {
  const leaving = KeyRing.parse(`k1:${one},none`);
  const clear = KeyRing.parse("none").seal("a token", place);
  expect(leaving.seals).toBe(true);
  expect(leaving.open(clear, place)).toBe("a token");
  expect(leaving.isOutdated(clear)).toBe(true);
  expect(leaving.seal("a token", place).kid).toBe("k1");
  expect(KeyRing.parse(`k1:${one}`).open(clear, place)).toBeUndefined();
});

test("with none before a key, new texts stay in clear, and sealed ones can still be read", () => {
  const returning = KeyRing.parse(`none,k1:${one}`);
  expect(returning.seals).toBe(false);
  expect(returning.open(ring.seal("a token", place), place)).toBe("a token");
  expect(returning.seal("a token", place).kid).toBeNull();
});

test("no two of 10 000 seals share an IV", () => {
  const ivs = Array.from({ length: 10_000 }, () => bytesOf(ring.seal("a token", place)).toString("hex", 0, 12));
  expect(new Set(ivs).size).toBe(10_000);
});

test("a key can be written in either alphabet of base64, with or without padding", () => {
  const key = Buffer.alloc(32, 0xfb);
  const [standard, url] = [key.toString("base64"), key.toString("base64url")];
  expect(standard).not.toBe(url);
  const sealed = KeyRing.parse(`k1:${standard}`).seal("a token", place);
  for (const form of [url, standard.replace("=", "")]) {
    expect(KeyRing.parse(` k1:${form} `).open(sealed, place)).toBe("a token");
  }
});

test("two random rings have different keys", () => {
  const sealed = KeyRing.random().seal("a token", place);
  expect(KeyRing.random().open(sealed, place)).toBeUndefined();
});

describe("keys that cannot work are refused, with the problem and how to make a key, but without showing one", () => {
  const short = randomBytes(16).toString("base64");
  test.each([
    ["nothing", "", "not id:base64"],
    ["an empty entry", `k1:${one},`, "not id:base64"],
    ["an empty entry between others", `k1:${one},,k2:${two}`, "not id:base64"],
    ["a key without an id", one, "not id:base64"],
    ["an empty id", `:${one}`, "not id:base64"],
    ["an id with other characters", `k 1:${one}`, "not id:base64"],
    ["an id that is too long", `${"k".repeat(33)}:${one}`, "not id:base64"],
    ["an id without a key", "k1:", "not id:base64"],
    ["a key that is not base64", `k1:${one.slice(1)}!`, "not id:base64"],
    ["two keys that are not separated by a comma", `k1:${one};k2:${two}`, "not id:base64"],
    ["a key that is too short", `k1:${short}`, 'the key "k1" has 16 bytes instead of 32'],
    ["a key that is too long", `k1:${one},k2:${one.slice(0, -1)}${two}`, 'the key "k2" has 64 bytes instead of 32'],
    [
      "a key in hexadecimal",
      `k1:${Buffer.from(one, "base64").toString("hex")}`,
      'the key "k1" has 48 bytes instead of 32',
    ],
    ["an id twice", `k1:${one},k1:${two}`, "names k1 twice"],
    ["none twice", "none,none", "names none twice"],
    ["NONE", "NONE", "not id:base64"],
  ])("%s", (_what, text, problem) => {
    let thrown: unknown;
    try {
      KeyRing.parse(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      code: "CONFIGURATION_INVALID",
      message: expect.stringContaining(problem),
      hint: expect.stringContaining("MCP_ENCRYPTION_KEYS"),
      retryable: false,
    });
    const shown = `${thrown} ${JSON.stringify(thrown)}`;
    for (const key of [one, two, short, Buffer.from(one, "base64").toString("hex")]) {
      expect(shown).not.toContain(key.slice(2, 14));
    }
  });
});
