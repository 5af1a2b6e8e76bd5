import { beginning, type EventId } from "@mcp-assistant/protocol";
import * as z from "zod";
import type {
  Abortable,
  CommitAnswer,
  Counted,
  DriverSettings,
  ListAnswer,
  LogRow,
  LogRowListener,
  ReadAnswer,
  StorageCommit,
  StorageDriver,
  StorageList,
  StoragePart,
  StorageRead,
} from "../../session/storage-driver.js";
import { planOf } from "./commit-plan.js";
import { connectRedis, type RedisConnections, type RedisStorage } from "./connection.js";
import { commitAndPublish, commitAndPublishInShard } from "./lua/commit.js";
import { takeRate } from "./lua/take-rate.js";
import { isOfAnotherType, msOf, RedisReader } from "./reader.js";
import { checkIntervalMs, StoreId } from "./store-id.js";
import type { RedisSubscriber } from "./subscriber.js";

const clock = [z.string(), z.string()] as const;
const text = z.string().nullable();
const commitAnswer = z.union([
  z.tuple([...clock, z.literal(0)]).rest(z.string()),
  z.tuple([...clock, z.number(), z.union([text, z.number()]), z.number()]),
]);
const tailAnswer = z.array(z.tuple([z.string(), z.unknown()]));
const timeAnswer = z.tuple([z.coerce.string(), z.coerce.string()]);
const idsAnswer = z.array(z.string());

/**
 * Keeps everything in a Redis. A commit is one script and one round trip. The whole process uses one connection for
 * commands and one for subscriptions (with Redis Cluster, one of each to every master), both opened at the first use.
 */
export class RedisDriver implements StorageDriver {
  readonly isDurable = true;
  readonly #storage: RedisStorage;
  /** By log. */
  readonly #listeners = new Map<string, Set<LogRowListener>>();
  #settings: DriverSettings = { log: () => undefined, waitForReplicas: 0 };
  #connections: RedisConnections | undefined;
  #opened: RedisReader | undefined;
  #storeId: StoreId | undefined;
  #checks: NodeJS.Timeout | undefined;

  constructor(storage: RedisStorage) {
    this.#storage = storage;
  }

  open(settings: DriverSettings): void {
    this.#settings = settings;
    this.#connections = undefined;
    this.#opened = undefined;
    this.#storeId = undefined;
    this.#listeners.clear();
  }

  get name(): string {
    return this.#redis.name;
  }

  async read(read: StorageRead): Promise<ReadAnswer> {
    return this.#reader.rows(read, { isList: false });
  }

  async readPart(part: StoragePart): Promise<string | undefined> {
    return this.#reader.part(part);
  }

  /** Reads the tail before the index, so a session created in between has its event after the tail. */
  async list({ user, ...rows }: StorageList): Promise<ListAnswer> {
    rows.signal?.throwIfAborted();
    const { keys, commands } = this.#redis;
    const [tail, ids] = await commands.ask(async (redis) => {
      const answers = await redis
        .pipeline()
        .xrevrange(keys.events(user), "+", "-", "COUNT", 1)
        .smembers(keys.index(user, rows.index))
        .exec();
      return (answers ?? []).map(([error, answer]) => {
        if (error && !isOfAnotherType(error)) throw error;
        return error ? [] : answer;
      });
    });
    const read = await this.#reader.rows({ partition: { user }, ids: idsAnswer.parse(ids), ...rows }, { isList: true });
    return {
      now: read.now,
      rows: read.rows.filter(({ texts }) => texts[0] !== undefined),
      tail: tailAnswer.parse(tail)[0]?.[0] ?? beginning,
    };
  }

  async commit(commit: StorageCommit): Promise<CommitAnswer> {
    const { commands, keys } = this.#redis;
    // Only announcements need it, so a commit without events does not wait for it.
    const store = commit.events?.length ? await this.#id.current() : "";
    const plan = planOf(commit, keys, store);
    const script = keys.tagged ? commitAndPublishInShard : commitAndPublish;
    const answer = await (commit.durable
      ? commands.runDurably(script, plan.keys, plan.args)
      : commands.run(script, plan.keys, plan.args));
    const [seconds, microseconds, failed, ...rest] = commitAnswer.parse(answer);
    const now = msOf(seconds, microseconds);
    if (failed === 0) return { done: true, texts: rest.map(String), now };
    const [there, leftMs] = rest;
    return { done: false, failed: failed - 1, there: there ?? undefined, leftMs: Number(leftMs), now };
  }

  /** A failover may lose the latest counts; a user can then do slightly more than allowed. */
  async take(counted: Counted): Promise<number> {
    return z.number().parse(await this.#count(counted, 1)) / 1_000;
  }

  async giveBack(counted: Counted): Promise<void> {
    await this.#count(counted, -1);
  }

  async readLog(user: string, from: EventId, options?: Abortable): Promise<LogRow[] | undefined> {
    return this.#reader.log(user, from, options);
  }

  async subscribe(user: string, listener: LogRowListener): Promise<() => void> {
    const { commands, keys } = this.#redis;
    const [subscriber, id] = [this.#subscriber(), this.#id];
    const log = keys.events(user);
    const listeners = this.#listeners.get(log) ?? new Set();
    this.#listeners.set(log, listeners.add(listener));
    this.#checks ??= setInterval(() => void id.check().catch(() => undefined), checkIntervalMs).unref();
    const stop = () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(log) !== listeners) return;
      this.#listeners.delete(log);
      if (id.known !== undefined) subscriber.unsubscribe(log + id.known);
    };
    try {
      const store = await id.current();
      await commands.ask(() => subscriber.subscribe(log + store));
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  async publish(user: string, text: string): Promise<void> {
    const { commands, keys } = this.#redis;
    const channel = keys.events(user) + (await this.#id.current());
    const message = `${unstored} ${text}`;
    await commands.ask<unknown>((redis) =>
      keys.tagged ? redis.spublish(channel, message) : redis.publish(channel, message),
    );
  }

  async time(): Promise<number> {
    const answer = await this.#redis.commands.ask((redis) => redis.time());
    return msOf(...timeAnswer.parse(answer));
  }

  async *scan(kind: "session" | "attempt" | "registration"): AsyncIterableIterator<{ id: string; text: string }> {
    const { commands, keys } = this.#redis;
    for await (const key of commands.scan(keys.pattern(kind))) {
      const found = await commands.ask((redis) =>
        redis.get(key).catch((error: unknown) => {
          if (isOfAnotherType(error)) return "";
          throw error;
        }),
      );
      if (found !== null) yield { id: keys.idIn(key, kind), text: found };
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#checks);
    this.#checks = undefined;
    this.#connections?.close();
  }

  get #redis(): RedisConnections {
    this.#connections ??= connectRedis(this.#storage, this.#settings);
    return this.#connections;
  }

  get #reader(): RedisReader {
    const { commands, keys } = this.#redis;
    this.#opened ??= new RedisReader(commands, keys);
    return this.#opened;
  }

  #count({ user, what, burst, intervalMs }: Counted, count: 1 | -1): Promise<unknown> {
    const { commands, keys } = this.#redis;
    return commands.run(takeRate, [keys.rate(user, what)], [Math.round(intervalMs * 1_000), burst, count]);
  }

  get #id(): StoreId {
    if (this.#storeId) return this.#storeId;
    const { commands, keys, database, onReady } = this.#redis;
    const id = new StoreId({ commands, key: keys.storeId, database, changed: (before) => this.#move(before) });
    // A Redis that was restarted may have lost its data.
    onReady(() => {
      if (id.known !== undefined) id.check().catch(() => undefined);
    });
    this.#storeId = id;
    return id;
  }

  /** Listens on the channels of the store's new ID. Listeners have missed what was announced there before. */
  #move(before: string): void {
    const [subscriber, { known = before }] = [this.#subscriber(), this.#id];
    for (const log of this.#listeners.keys()) {
      subscriber.unsubscribe(log + before);
      subscriber.subscribe(log + known).then(
        () => this.#interrupt(log),
        // The connection was lost. Once it is back, all channels are subscribed again.
        () => undefined,
      );
    }
  }

  #subscriber(): RedisSubscriber {
    return this.#redis.subscriber({
      message: (channel, message) => this.#deliver(logOf(channel), message),
      restored: (channels) => {
        for (const channel of channels) this.#interrupt(logOf(channel));
      },
    });
  }

  #interrupt(log: string): void {
    for (const listener of this.#listeners.get(log) ?? []) listener.interrupted();
  }

  #deliver(log: string, message: string): void {
    if (message.startsWith(`${unstored} `)) {
      const text = message.slice(unstored.length + 1);
      for (const listener of this.#listeners.get(log) ?? []) listener.published?.(text);
      return;
    }
    const [id, previous] = message.split(" ", 2);
    if (!id || !previous) return;
    const row = { id, previous, text: message.slice(id.length + previous.length + 2) };
    for (const listener of this.#listeners.get(log) ?? []) listener.row(row);
  }
}

/** Begins a message that is no entry of a log, in place of its two IDs. Processes of an earlier version drop it. */
const unstored = "- -";

/** The log whose entries a channel announces. */
const logOf = (channel: string) => channel.slice(0, channel.lastIndexOf("@"));
