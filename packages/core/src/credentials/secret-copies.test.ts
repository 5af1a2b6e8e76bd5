import { expect, test } from "vitest";
import { revealJson, Secret, secretSchema } from "./secret.js";

/** The same module, loaded again as in another bundle of the process. */
const copy: typeof import("./secret.js") = await import(/* @vite-ignore */ `./secret.js?${"copy"}`);

test("a secret from another copy of the module is sealed as its text, not as its placeholder", () => {
  const secret = new copy.Secret("a client secret");
  expect(secret).not.toBeInstanceOf(Secret);
  expect(revealJson({ client_secret: secret })).toBe('{"client_secret":"a client secret"}');
  expect(secretSchema.parse(secret)).toBe(secret);
  expect(copy.revealJson([new Secret("mine")])).toBe('["mine"]');
});

test("stored data cannot pose as a secret", () => {
  expect(revealJson(JSON.parse('{"reveal":1,"@mcp-assistant/core secret":true}'))).toContain('"reveal":1');
  expect(secretSchema.safeParse({ reveal: () => "" }).success).toBe(false);
});
