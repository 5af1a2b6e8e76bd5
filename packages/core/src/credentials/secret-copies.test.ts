import { expect, test } from "vitest";
import { revealJson, Secret, secretSchema } from "./secret.js";

/** The module as another bundle of the same process has it. */
const copy: typeof import("./secret.js") = await import(/* @vite-ignore */ `./secret.js?${"copy"}`);

test("a secret of another copy of the module is sealed as what it is, not as what it shows", () => {
  const secret = new copy.Secret("a client secret");
  expect(secret).not.toBeInstanceOf(Secret);
  expect(revealJson({ client_secret: secret })).toBe('{"client_secret":"a client secret"}');
  expect(secretSchema.parse(secret)).toBe(secret);
  expect(copy.revealJson([new Secret("mine")])).toBe('["mine"]');
});

test("what is stored cannot claim to be a secret", () => {
  expect(revealJson(JSON.parse('{"reveal":1,"@mcp-assistant/core secret":true}'))).toContain('"reveal":1');
  expect(secretSchema.safeParse({ reveal: () => "" }).success).toBe(false);
});
