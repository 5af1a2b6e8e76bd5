import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Reads a secret, or creates it first. Two processes that create it at the same time get the same one. */
function readOrMake(path, make) {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, `${make()}\n`, { mode: 0o600 });
  try {
    // Linking is atomic: it creates the complete file, or fails if another process was first.
    linkSync(draft, path);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, "utf8").trim();
}

/**
 * The secrets of this copy of the repository. They are created once, so that guests and encrypted data survive a
 * restart.
 */
export function localSecrets(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return {
    cookieSecret: readOrMake(join(folder, "cookie-secret"), () => randomBytes(32).toString("base64url")),
    encryptionKey: readOrMake(join(folder, "encryption-key"), () => `k1:${randomBytes(32).toString("base64")}`),
  };
}
