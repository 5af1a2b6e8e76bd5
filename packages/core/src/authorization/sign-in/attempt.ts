import { createHash, timingSafeEqual } from "node:crypto";
import { parseUrl } from "@mcp-assistant/protocol";
import * as z from "zod";
import { authorizationServerSchema } from "../../credentials/authorization-server.js";
import { clientSchema } from "../../credentials/credentials.js";
import type { KeyRing } from "../../credentials/key-ring.js";
import { openJson, placeOf, sealedSchema, sealJson } from "../../credentials/sealed-json.js";
import { Secret, secretSchema } from "../../credentials/secret.js";
import { parseJson } from "../../parse-json.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { sharedValue } from "../../values/stored-value.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** How an attempt ended; `overtaken` means by another sign-in or a cancel. The session's own state is in its record. */
const outcomeSchema = z.enum(["connected", "failed", "declined", "overtaken"]);
export type Outcome = z.infer<typeof outcomeSchema>;

const attemptSchema = z.object({
  /** `open` until a callback takes it, which happens once; in the end, its outcome. */
  status: z.enum(["open", "taken", ...outcomeSchema.options]),
  /** When a callback took it, in ms since the epoch by the store's clock. */
  takenAt: z.number().nullable(),
  userId: z.string(),
  sessionId: z.string(),
  flow: z.string(),
  /** Of the browser that started it; null if no browser did, so that it belongs to the user alone. */
  nonceHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  codeVerifier: secretSchema,
  redirectUrl: z.string(),
  scope: z.string().nullable(),
  /** Where in the app the user wants to go afterwards. */
  returnTo: z.string().nullable().default(null),
  client: clientSchema,
  issuer: z.string().refine((issuer) => parseUrl(issuer) !== undefined),
  authorizationServer: authorizationServerSchema,
});
const storedSchema = attemptSchema.pick({ status: true, takenAt: true }).extend(sealedSchema.shape);

/** One run of an authorization flow. */
export type Attempt = z.infer<typeof attemptSchema>;

/** An attempt as it was read. */
export interface NamedAttempt {
  attemptId: string;
  attempt: Attempt;
}

/** How long (s) an attempt is kept after its callback, to answer repeats. */
const outcomeTtlSeconds = 600;

/** The public ID of an attempt. It finds the attempt, but does not reveal the `state` that finishes it. */
export const attemptIdOf = (state: string) => sha256(state);

const isAttemptId = (text: string) => /^[0-9a-f]{64}$/.test(text);

/**
 * Stores attempts by the hash of their `state`, sealed except for their status. A caller with the `state` of an attempt
 * can take it, once.
 */
export class AttemptStore {
  readonly #driver: StorageDriver;
  readonly #ring: KeyRing;

  constructor(driver: StorageDriver, ring: KeyRing) {
    this.#driver = driver;
    this.#ring = ring;
  }

  /** `ttl` in seconds. */
  async open(attemptId: string, attempt: Omit<Attempt, "status" | "takenAt">, ttl: number): Promise<void> {
    const text = this.#encode(attemptId, { status: "open", takenAt: null, ...attempt });
    await this.#stored(attemptId).write(text, ttl);
  }

  /** `undefined` also if none of our keys opens it. */
  async read(attemptId: string): Promise<Attempt | undefined> {
    if (!isAttemptId(attemptId)) return undefined;
    const text = await this.#stored(attemptId).read();
    const stored = storedSchema.safeParse(parseJson(text ?? ""));
    if (!stored.success) return undefined;
    const { status, takenAt, ...sealed } = stored.data;
    const rest = z.looseObject({}).safeParse(openJson(this.#ring, sealed, placeOf("attempt", attemptId)));
    return rest.success ? attemptSchema.safeParse({ ...rest.data, status, takenAt }).data : undefined;
  }

  /** Turns `open` into `taken`. True for the first caller only. */
  take(attemptId: string, attempt: Attempt, now: number): Promise<boolean> {
    const taken = this.#encode(attemptId, { ...attempt, status: "taken", takenAt: now });
    return this.#stored(attemptId).replace(headOf("open"), taken, outcomeTtlSeconds);
  }

  /** Stores the outcome of a taken attempt. The code verifier is no longer needed and is not kept. */
  async conclude(attemptId: string, attempt: Attempt, outcome: Outcome): Promise<void> {
    const done = this.#encode(attemptId, { ...attempt, status: outcome, codeVerifier: new Secret("") });
    await this.#stored(attemptId).replace(headOf("taken"), done, outcomeTtlSeconds);
  }

  #stored(attemptId: string) {
    return sharedValue(this.#driver, "attempt", attemptId);
  }

  #encode(attemptId: string, { status, takenAt, ...rest }: Attempt): string {
    return JSON.stringify({ status, takenAt, ...sealJson(this.#ring, rest, placeOf("attempt", attemptId)) });
  }
}

/** Whether a browser's nonce belongs to this attempt. Takes the same time for every answer. */
export function nonceMatches({ nonceHash }: Attempt, nonce: string | undefined): boolean {
  if (nonceHash === null) return false;
  return timingSafeEqual(Buffer.from(hashNonce(nonce ?? ""), "hex"), Buffer.from(nonceHash, "hex"));
}

export const hashNonce = sha256;

const headOf = (status: Attempt["status"]) => `{"status":"${status}",`;
