import { expect, test } from "vitest";
import { findSecrets } from "./secret-search.js";

const secret = "s3cret/of+Ada ключ";
const secrets = new Map([["token", secret]]);

test.each([
  ["raw", `Bearer ${secret}.`],
  ["URL-encoded", `?token=${encodeURIComponent(secret)}&a=b`],
  ["hex", `<${Buffer.from(secret).toString("hex")}>`],
  ["base64 + 0", Buffer.from(`abc${secret}def`).toString("base64")],
  ["base64url + 1", Buffer.from(`abcd${secret}de`).toString("base64url")],
  ["base64 + 2", Buffer.from(`ab${secret}`).toString("base64")],
])("a secret is found %s", (spelling, text) => {
  expect(findSecrets(secrets, [{ name: "the log", text }])).toContain(`the log has the token, ${spelling}`);
});

test("nothing is found in a text without a secret", () => {
  expect(findSecrets(secrets, [{ name: "the log", text: "s3cret/of+Bob" }])).toEqual([]);
});
