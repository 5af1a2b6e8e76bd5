import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { attemptKey } from "../redis/keys.js";
import type { ValueStore } from "../values/value-store.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** How an attempt ended. What became of the session says its record. */
const outcomeSchema = z.enum(["connected", "failed", "declined"]);
export type Outcome = z.infer<typeof outcomeSchema>;

const attemptSchema = z.object({
  /** `open` until a callback takes it, once; then its outcome. */
  status: z.enum(["open", "taken", ...outcomeSchema.options]),
  /** When a callback took it; ms since the epoch, the store's clock. */
  takenAt: z.number().nullable(),
  userId: z.string(),
  sessionId: z.string(),
  flow: z.string(),
  nonceHash: z.string(),
  codeVerifier: z.string(),
  redirectUrl: z.string(),
  scope: z.string().nullable(),
  client: z.looseObject({ client_id: z.string() }),
  issuer: z.string(),
  authorizationServer: z.object({
    url: z.string(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
    resource: z.string().nullable(),
  }),
});

/** One run of an authorization flow. */
export type Attempt = z.infer<typeof attemptSchema>;

/** How long (s) an attempt is kept from its callback on, to answer repeats. */
const outcomeTtl = 600;

/** 256 bits for `state`, for a nonce, for a flow. */
export const randomToken = () => randomBytes(32).toString("base64url");

/** The public name of an attempt: it leads to the attempt, but not to the `state` that finishes it. */
export const attemptIdOf = (state: string) => sha256(state);

/** Attempts by the hash of their `state`. Whoever holds the `state` of one can take it, once. */
export class AttemptStore {
  readonly #values: ValueStore;

  constructor(values: ValueStore) {
    this.#values = values;
  }

  /** `ttl` in seconds. */
  async open(attemptId: string, attempt: Omit<Attempt, "status" | "takenAt">, ttl: number): Promise<void> {
    await this.#values.set(attemptKey(attemptId), encode({ status: "open", takenAt: null, ...attempt }), ttl);
  }

  async read(attemptId: string): Promise<Attempt | undefined> {
    if (!/^[0-9a-f]{64}$/.test(attemptId)) return undefined;
    const text = await this.#values.get(attemptKey(attemptId));
    return text === undefined ? undefined : attemptSchema.parse(JSON.parse(text));
  }

  /** Turns `open` into `taken`. False for all but the first caller. */
  take(attemptId: string, attempt: Attempt, now: number): Promise<boolean> {
    const taken = encode({ ...attempt, status: "taken", takenAt: now });
    return this.#values.compareAndSet(attemptKey(attemptId), headOf("open"), taken, outcomeTtl);
  }

  /** Leaves what became of a taken attempt; what it needed for the exchange is not kept any longer. */
  async conclude(attemptId: string, attempt: Attempt, outcome: Outcome): Promise<void> {
    const done = encode({ ...attempt, status: outcome, codeVerifier: "" });
    await this.#values.compareAndSet(attemptKey(attemptId), headOf("taken"), done, outcomeTtl);
  }
}

/** Whether the nonce that a browser brings is the one of its attempt. Takes the same time for every answer. */
export function nonceMatches(attempt: Attempt, nonce: string | undefined): boolean {
  return timingSafeEqual(Buffer.from(hashNonce(nonce ?? ""), "hex"), Buffer.from(attempt.nonceHash, "hex"));
}

export const hashNonce = sha256;

const headOf = (status: Attempt["status"]) => `{"status":"${status}",`;

function encode({ status, ...rest }: Attempt): string {
  return JSON.stringify({ status, ...rest });
}
