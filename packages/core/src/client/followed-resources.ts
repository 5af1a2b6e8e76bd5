import * as z from "zod";
import { LimitExceededError, SessionNotFoundError } from "../errors.js";
import type { Limits } from "../limits.js";
import { parseJson } from "../parse-json.js";
import { followedName } from "../session/session-values.js";
import type { StorageDriver } from "../session/storage-driver.js";
import type { SessionOfUser } from "./ready.js";

/** How long (ms) a resource is followed without being asked for again. A page that has crashed ends with this. */
const followedMs = 600_000;

/** The size (bytes) of all URIs that are followed in a session. A server may repeat them in one message. */
const maxUriBytes = 65_536;

/** How many followers, such as open pages, one resource may have. The one that asked first gives way. */
const maxFollowers = 16;

/** Who follows what, and until when (ms, the store's clock). */
const entriesSchema = z.array(z.object({ uri: z.string(), by: z.string(), until: z.number() }));
type Entry = z.infer<typeof entriesSchema>[number];

export interface Follow {
  uri: string;
  /** Names the follower, such as an open page. The resource is followed until the last one has gone. */
  by: string;
}

export interface FollowedOptions {
  limits: Pick<Limits, "followedResources">;
  /** Called when what is followed in a session may be different. */
  changed: (session: SessionOfUser) => void;
}

/**
 * The resources that the pages of a session follow. They are one text in the store, because the process that has the
 * standing stream may be another one.
 *
 * Its methods reject with a `StoreUnavailableError` when the store does not answer.
 */
export class FollowedResources {
  readonly #driver: StorageDriver;
  readonly #options: FollowedOptions;

  constructor(driver: StorageDriver, options: FollowedOptions) {
    this.#driver = driver;
    this.#options = options;
  }

  /** The URIs that are followed at this moment, in order. */
  async list(session: SessionOfUser): Promise<string[]> {
    return urisOf((await this.#read(session)).entries);
  }

  /**
   * Follows a resource for ten minutes from now. Throws a {@link LimitExceededError}, or a {@link SessionNotFoundError} if
   * the session is gone.
   */
  follow(session: SessionOfUser, { uri, by }: Follow): Promise<void> {
    return this.#change(session, (entries, now) => {
      const others = entries.filter((entry) => entry.uri !== uri);
      const max = this.#options.limits.followedResources;
      const followed = urisOf(others);
      if (followed.length >= max) throw tooMany(max);
      if (Buffer.byteLength(followed.join("") + uri) > maxUriBytes) throw tooLong();
      const ours = entries.filter((entry) => entry.uri === uri && entry.by !== by);
      return [...others, ...ours.slice(1 - maxFollowers), { uri, by, until: now + followedMs }];
    });
  }

  /** Does nothing for what this follower does not follow. */
  unfollow(session: SessionOfUser, { uri, by }: Follow): Promise<void> {
    return this.#change(session, (entries) => entries.filter((entry) => entry.uri !== uri || entry.by !== by));
  }

  async #read({
    userId,
    sessionId,
  }: SessionOfUser): Promise<{ text: string | undefined; now: number; entries: Entry[] }> {
    const value = followedName(sessionId);
    const row = () => ({ values: [value] });
    const { rows, now } = await this.#driver.read({ partition: { user: userId }, ids: [sessionId], row });
    const text = rows[0]?.texts[0];
    const entries = text === undefined ? [] : (entriesSchema.safeParse(parseJson(text)).data ?? []);
    return { text, now, entries: entries.filter(({ until }) => now < until && until <= now + followedMs) };
  }

  async #change(session: SessionOfUser, change: (entries: Entry[], now: number) => Entry[]): Promise<void> {
    const { userId, sessionId } = session;
    const value = followedName(sessionId);
    for (;;) {
      const { text, now, entries } = await this.#read(session);
      const next = change(entries, now);
      const isEmpty = next.length === 0;
      if (isEmpty && text === undefined) return;
      const answer = await this.#driver.commit({
        partition: { user: userId },
        compare: [
          { value: { kind: "session", id: sessionId }, head: "{" },
          text === undefined ? { value, absent: true } : { value, equals: text },
        ],
        ...(isEmpty ? { erase: [{ value }] } : { set: [{ value, text: JSON.stringify(next), lifeMs: followedMs }] }),
      });
      if (!answer.done && answer.failed === 0) throw new SessionNotFoundError();
      if (!answer.done) continue;
      if (urisOf(next).join() !== urisOf(entries).join()) this.#options.changed(session);
      return;
    }
  }
}

const urisOf = (entries: readonly Entry[]) => [...new Set(entries.map(({ uri }) => uri))].sort();

const tooMany = (max: number) =>
  new LimitExceededError({
    message: `This connection already follows ${max} resources, the most that this app allows`,
    hint: "Close pages that you no longer need, then try again.",
    operatorHint: "Raise limits.followedResources to allow more.",
    retryable: false,
  });

const tooLong = () =>
  new LimitExceededError({
    message: `The addresses of the resources that this connection follows are longer than ${maxUriBytes / 1_024} KiB together`,
    hint: "Close pages that you no longer need, then try again.",
    retryable: false,
  });
