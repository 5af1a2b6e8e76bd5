import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Reads a secret, making it first when it is not there. Of two processes that make it at once, both get the same. */
function readOrMake(path, make) {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, `${make()}\n`, { mode: 0o600 });
  try {
    // A link appears whole or, where another was first, not at all.
    linkSync(draft, path);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, "utf8").trim();
}

/** The secrets of this copy of the repository, made once: a restart keeps guests, and the key for what will be sealed for them. */
export function localSecrets(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return {
    cookieSecret: readOrMake(join(folder, "cookie-secret"), () => randomBytes(32).toString("base64url")),
    encryptionKey: readOrMake(join(folder, "encryption-key"), () => `k1:${randomBytes(32).toString("base64")}`),
  };
}
