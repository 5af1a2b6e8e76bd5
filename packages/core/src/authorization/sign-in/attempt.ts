import { createHash, timingSafeEqual } from "node:crypto";
import { parseUrl } from "@mcp-assistant/protocol";
import * as z from "zod";
import { authorizationServerSchema, withShortLists } from "../../credentials/authorization-server.js";
import { clientSchema } from "../../credentials/credentials.js";
import type { KeyRing } from "../../credentials/key-ring.js";
import { openJson, placeOf, sealedSchema, sealJson } from "../../credentials/sealed-json.js";
import { revealJson, Secret, secretSchema } from "../../credentials/secret.js";
import { AuthorizationFailedError } from "../../errors.js";
import { shownHost } from "../../outbound/shown-host.js";
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

/** The largest attempt (bytes of JSON) that is kept. */
const maxAttemptBytes = 12_288;

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

  /** `ttl` in seconds. Throws an {@link AuthorizationFailedError} for an attempt that is too large to be kept. */
  async open(attemptId: string, attempt: Omit<Attempt, "status" | "takenAt">, ttl: number): Promise<void> {
    const kept = { ...attempt, authorizationServer: keptOf(attempt.authorizationServer) };
    if (Buffer.byteLength(revealJson(kept)) > maxAttemptBytes) throw tooLarge(attempt.issuer);
    const text = this.#encode(attemptId, { status: "open", takenAt: null, ...kept });
    await this.#stored(attemptId).write(text, ttl);
  }

  /** `undefined` also if none of our keys opens it. `asker`: the user who reads it. It may be another user's. */
  async read(attemptId: string, asker?: string): Promise<Attempt | undefined> {
    if (!isAttemptId(attemptId)) return undefined;
    const text = await this.#stored(attemptId, asker).read();
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

  /** Stores the outcome of a taken attempt, without what only the exchange of the code needed. */
  async conclude(attemptId: string, attempt: Attempt, outcome: Outcome): Promise<void> {
    const done = this.#encode(attemptId, {
      ...attempt,
      status: outcome,
      codeVerifier: new Secret(""),
      scope: null,
      client: { client_id: attempt.client.client_id },
      authorizationServer: { ...attempt.authorizationServer, metadata: null },
    });
    await this.#stored(attemptId).replace(headOf("taken"), done, outcomeTtlSeconds);
  }

  #stored(attemptId: string, asker?: string) {
    return sharedValue(this.#driver, "attempt", attemptId, asker);
  }

  #encode(attemptId: string, { status, takenAt, ...rest }: Attempt): string {
    return JSON.stringify({ status, takenAt, ...sealJson(this.#ring, rest, placeOf("attempt", attemptId)) });
  }
}

/** Without the scopes, which are chosen by now. */
const keptOf = ({ metadata, ...server }: Attempt["authorizationServer"]): Attempt["authorizationServer"] => ({
  ...server,
  metadata: metadata && withShortLists({ ...metadata, scopes_supported: undefined }),
});

const tooLarge = (issuer: string) =>
  new AuthorizationFailedError({
    message: `The sign-in at ${shownHost(issuer)} needs more space than this app keeps for one`,
    hint: "Contact the server's provider.",
    operatorHint: `The addresses and scopes of its authorization server and the client there have more than ${maxAttemptBytes} bytes.`,
    retryable: false,
  });

/** Whether a browser's nonce belongs to this attempt. Takes the same time for every answer. */
export function nonceMatches({ nonceHash }: Attempt, nonce: string | undefined): boolean {
  if (nonceHash === null) return false;
  return timingSafeEqual(Buffer.from(hashNonce(nonce ?? ""), "hex"), Buffer.from(nonceHash, "hex"));
}

export const hashNonce = sha256;

const headOf = (status: Attempt["status"]) => `{"status":"${status}",`;
