import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { ConfigurationError } from "../errors.js";

/** Configured instead of keys to keep secrets in clear text. */
const noKeys = "none";

const cipher = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

/** A text sealed with one key of the ring, or in clear text if `kid` is null. */
export interface Sealed {
  kid: string | null;
  sealed: string;
}

/**
 * The keys that seal secrets at rest: AES-256-GCM, with a fresh IV for each seal and the full 16-byte tag. The first
 * key seals and all of them open, so that a key can be replaced while the fleet runs. A seal is bound to its place: one
 * made for a session, user and kind does not open for another.
 */
export class KeyRing {
  readonly #keys: ReadonlyMap<string | null, KeyObject | null>;
  readonly #first: string | null;

  private constructor(keys: ReadonlyMap<string | null, KeyObject | null>) {
    const [first = null] = keys.keys();
    this.#keys = keys;
    this.#first = first;
  }

  /**
   * Reads `id:base64,id2:base64`: ids of 1 to 32 letters, digits, `_` and `-`, and keys of 32 bytes. The entry
   * `none` stands for clear text: alone, it turns sealing off; after a key, it lets clear text be read and then sealed.
   *
   * Throws a {@link ConfigurationError} that does not show any key.
   */
  static parse(text: string): KeyRing {
    const keys = new Map<string | null, KeyObject | null>();
    for (const entry of text.split(",").map((part) => part.trim())) {
      const [kid, key] = entry === noKeys ? [null, null] : parseKey(entry);
      if (keys.has(kid)) throw new ConfigurationError(`encryptionKeys names ${kid ?? noKeys} twice`, makeKeys);
      keys.set(kid, key);
    }
    return new KeyRing(keys);
  }

  /** A ring with one new key, for data that does not outlive this process. */
  static random(): KeyRing {
    return new KeyRing(new Map([["memory", createSecretKey(randomBytes(32))]]));
  }

  /** False if secrets are kept in clear text. */
  get seals(): boolean {
    return this.#first !== null;
  }

  /** `place` is what the seal is bound to. The same place is needed to open it. */
  seal(text: string, place: readonly string[]): Sealed {
    const kid = this.#first;
    const key = this.#keys.get(kid);
    if (!key) return { kid: null, sealed: text };
    const iv = randomBytes(ivBytes);
    const sealing = createCipheriv(cipher, key, iv, { authTagLength: tagBytes }).setAAD(placeOf(kid, place));
    const sealed = Buffer.concat([iv, sealing.update(text, "utf8"), sealing.final(), sealing.getAuthTag()]);
    return { kid, sealed: sealed.toString("base64url") };
  }

  /** The text; `undefined` if no key of the ring opens it, or it was sealed for another place. */
  open({ kid, sealed }: Sealed, place: readonly string[]): string | undefined {
    const key = this.#keys.get(kid);
    if (key === undefined) return undefined;
    if (key === null) return sealed;
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.length < ivBytes + tagBytes) return undefined;
    const opening = createDecipheriv(cipher, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
      .setAAD(placeOf(kid, place))
      .setAuthTag(bytes.subarray(-tagBytes));
    try {
      return Buffer.concat([opening.update(bytes.subarray(ivBytes, -tagBytes)), opening.final()]).toString("utf8");
    } catch {
      return undefined;
    }
  }

  /** Whether a seal was made with a key other than the first, and should be made again. */
  isOutdated({ kid }: Pick<Sealed, "kid">): boolean {
    return kid !== this.#first;
  }
}

/** Unambiguous, whatever the parts contain. */
const placeOf = (kid: string | null, place: readonly string[]) => Buffer.from(JSON.stringify([kid, ...place]));

function parseKey(entry: string): [string, KeyObject] {
  const match = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry);
  if (!match?.[1] || !match[2])
    throw new ConfigurationError("encryptionKeys has an entry that is not id:base64", makeKeys);
  const key = Buffer.from(match[2], "base64");
  if (key.length !== 32)
    throw new ConfigurationError(
      `encryptionKeys: the key "${match[1]}" has ${key.length} bytes instead of 32`,
      makeKeys,
    );
  return [match[1], createSecretKey(key)];
}

/** How an operator makes a key. */
export const makeKeys = `Set MCP_ENCRYPTION_KEYS to what this command prints: node -p '"k1:" + crypto.randomBytes(32).toString("base64")'`;
