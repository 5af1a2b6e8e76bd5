import { Console } from "node:console";
import { PassThrough } from "node:stream";
import { format, inspect } from "node:util";
import { serialize } from "node:v8";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { revealJson, Secret, secretSchema } from "./secret.js";

const text = "s3cr3t-t0ken";
const secret = new Secret(text);
const holder = { tokens: { access: secret, all: [secret] }, by: new Map([["key", secret]]), when: new Date(0) };

/** What the console prints for a value. */
function printed(value: unknown): string {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const own = new Console({ stdout, stderr });
  own.log(value);
  own.error("of", value);
  own.dir(value, { showHidden: true, depth: null });
  own.table([value]);
  return `${stdout.read()}${stderr.read()}`;
}

const error = () => {
  const cause = new Error(`caused by ${secret}`, { cause: secret });
  return Object.assign(new Error(`The server refused ${secret}`, { cause }), { secret, holder });
};

describe("a secret prints as a placeholder and never as its text", () => {
  test.each<[string, () => string]>([
    ["in a template", () => `Bearer ${secret}`],
    ["joined to a text", () => `${String(secret)} ${[secret].join()}`],
    ["in JSON", () => JSON.stringify(secret)],
    ["in JSON, deep inside", () => JSON.stringify(holder)],
    ["inspected", () => inspect(secret)],
    ["inspected, deep inside", () => inspect(holder, { depth: null })],
    ["inspected with hidden properties", () => inspect(secret, { showHidden: true })],
    ["inspected with hidden properties, deep inside", () => inspect(holder, { showHidden: true, depth: null })],
    ["formatted", () => format("%s %o %O %j %i", secret, holder, holder, holder, secret)],
    ["on the console", () => printed(secret)],
    ["on the console, deep inside", () => printed(holder)],
    ["in an error message", () => `${error()} ${error().stack}`],
    ["in the properties and causes of an error", () => inspect(error(), { showHidden: true, depth: null })],
  ])("%s", (_where, print) => {
    expect(print()).toContain("[secret]");
    expect(print()).not.toContain(text);
  });
});

test("the text of a secret cannot be listed, copied or sent to another thread", () => {
  expect(Reflect.ownKeys(secret)).toEqual([]);
  expect({ ...secret }).toEqual({});
  for (const copy of [structuredClone(secret), structuredClone(holder)]) {
    expect(inspect(copy, { showHidden: true, depth: null })).not.toContain(text);
  }
  expect(serialize(holder).toString("latin1")).not.toContain(text);
});

test("reveal returns the text", () => {
  expect(secret.reveal()).toBe(text);
  expect(new Secret("").reveal()).toBe("");
});

test("JSON for a seal contains all secrets in clear text, and everything else as usual", () => {
  const value = { deep: { list: [secret, [new Secret('"ü"\n')]], none: null }, when: new Date(0), left: undefined };
  const expected = { deep: { list: [text, ['"ü"\n']], none: null }, when: "1970-01-01T00:00:00.000Z" };
  expect(JSON.parse(revealJson(value))).toEqual(expected);
  expect(JSON.parse(revealJson(secret))).toBe(text);
  expect(JSON.parse(revealJson([secret]))).toEqual([text]);
});

test("a text is read as a secret, a secret stays the same object, and nothing else is accepted", () => {
  const parsed = z.object({ a: secretSchema, b: secretSchema }).parse({ a: text, b: secret });
  expect(parsed.a.reveal()).toBe(text);
  expect(parsed.b).toBe(secret);
  for (const other of [1, null, undefined, {}, [text]]) expect(secretSchema.safeParse(other).success).toBe(false);
});

test("a failed parse does not show the secret", () => {
  const refused = z.object({ token: secretSchema, other: z.number() }).safeParse({ token: text, other: "no" });
  expect(refused.success).toBe(false);
  expect(inspect(refused.error, { showHidden: true, depth: null })).not.toContain(text);
});
