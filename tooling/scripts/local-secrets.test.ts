import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localSecrets } from "./local-secrets.mjs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "local-secrets-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("secrets are created once, are random, and only their owner can read them", () => {
  const data = join(folder, "data");
  const secrets = localSecrets(data);
  expect(Buffer.from(secrets.cookieSecret, "base64url")).toHaveLength(32);
  expect(secrets.encryptionKey).toMatch(/^k1:/);
  expect(Buffer.from(secrets.encryptionKey.slice("k1:".length), "base64")).toHaveLength(32);

  expect(localSecrets(data)).toEqual(secrets);
  expect(localSecrets(join(folder, "other")).cookieSecret).not.toBe(secrets.cookieSecret);

  expect(readdirSync(data).sort()).toEqual(["cookie-secret", "encryption-key"]);
  expect(statSync(data).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(data)) expect(statSync(join(data, name)).mode & 0o777).toBe(0o600);
});
