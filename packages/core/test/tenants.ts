import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { type SeededRandom, seededRandom } from "@mcp-assistant/testing/seeded-random";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, test } from "vitest";
import type { Mcp } from "../src/mcp.js";
import { progress, someRecord } from "../src/samples.fixture.js";
import type { Storage } from "../src/storage/storage.js";
import { openMcp, openStorage, storeTools } from "./open-storage.mjs";
import { guesses, tenantNames } from "./tenant-names.js";

interface TenantsSizes {
  users: number;
  operations: number;
  /** How many users' streams stay open all the time. */
  streams: number;
  seed: number;
  /** ms */
  timeLimit: number;
}

export const shortForm: TenantsSizes = { users: 200, operations: 5_000, streams: 50, seed: 1, timeLimit: 60_000 };
export const longForm: TenantsSizes = { users: 200, operations: 200_000, streams: 100, seed: 1, timeLimit: 400_000 };

export function tenantsScenario(sizes: TenantsSizes): void {
  const name = `in ${sizes.operations} operations, none of ${sizes.users} users gets or changes what belongs to another`;
  test(
    name,
    async () => {
      const outcome = await operateAsStrangers(sizes);
      console.log("tenants:", JSON.stringify(outcome));
      expect(outcome.leaks).toEqual([]);
      expect(outcome.operations).toBe(sizes.operations);
      expect(outcome.eventsSeen).toBeGreaterThan(sizes.operations / 100);
      for (const count of Object.values(outcome.counts)) expect(count).toBeGreaterThan(sizes.operations / 100);
    },
    sizes.timeLimit,
  );
}

/** A user. All their texts carry their mark, so that every answer shows whose it is. */
interface Tenant {
  userId: string;
  mark: string;
  sessionIds: string[];
}

const marks = /own\d+x[0-9a-f]{12}/g;
const sessionIds = /[\w-]{24}\.[\w-]+/g;

const serverIds = ["notes", "sessions", "server", "events", "__proto__", "a", "A", "-", "_"];

/** How many users may operate at the same time, each on their own sessions and on others'. */
const lanes = 8;

async function operateAsStrangers(sizes: TenantsSizes) {
  const redis = await startRedis();
  const storage = openStorage(redis.url);
  const mcp = openMcp(redis.url);
  const ending = new AbortController();
  setMaxListeners(sizes.streams, ending.signal);
  try {
    const random = seededRandom(sizes.seed);
    const tenants = tenantNames(sizes.users, random).map((userId, index) => {
      return { userId, mark: `own${index}x${randomBytes(6).toString("hex")}`, sessionIds: [] };
    });
    const house = new House(mcp, storage, tenants, random);
    for (const tenant of tenants) for (let count = random.below(3); count >= 0; count--) await house.add(tenant);
    const following = tenants.slice(0, sizes.streams).map((tenant) => house.follow(tenant, ending.signal));
    let left = sizes.operations;
    const operate = async (lane: number) => {
      const own = tenants.filter((_, index) => index % lanes === lane);
      while (left-- > 0) await house.operate(random.pick(own));
    };
    await Promise.all(Array.from({ length: lanes }, (_, lane) => operate(lane)));
    for (const tenant of tenants) await house.checkList(tenant);
    ending.abort();
    await Promise.all(following);
    const { counts, leaks, eventsSeen } = house;
    return { operations: Object.values(counts).reduce((sum, count) => sum + count, 0), counts, eventsSeen, leaks };
  } finally {
    ending.abort();
    await mcp.close();
    await storage.close();
    await redis.stop();
  }
}

type Operation = (tenant: Tenant, stranger: Tenant) => Promise<void>;

class House {
  readonly leaks: string[] = [];
  readonly counts: Record<string, number> = {};
  eventsSeen = 0;
  readonly #mcp: Mcp;
  readonly #storage: Storage;
  readonly #tenants: Tenant[];
  readonly #random: SeededRandom;
  /** The mark of the owner of every session that exists or existed. */
  readonly #owners = new Map<string, string>();

  constructor(mcp: Mcp, storage: Storage, tenants: Tenant[], random: SeededRandom) {
    this.#mcp = mcp;
    this.#storage = storage;
    this.#tenants = tenants;
    this.#random = random;
  }

  readonly #operations: Record<string, Operation> = {
    list: (tenant) => this.checkList(tenant),
    "own session": async (tenant) => {
      const sessionId = this.#random.pick(tenant.sessionIds);
      const own = { userId: tenant.userId, sessionId };
      this.#own(tenant, "get", await this.#mcp.forUser(own.userId).get(own.sessionId), tenant.mark);
      this.#own(tenant, "tools", await this.#mcp.forUser(own.userId).listTools(own.sessionId), tenant.mark);
      this.#own(tenant, "read", await this.#storage.sessions.read(tenant.userId, sessionId), tenant.mark);
    },
    change: (tenant) => this.#change(tenant),
    replace: async (tenant) => {
      const sessionId = this.#random.pick(tenant.sessionIds);
      await this.#mcp.forUser(tenant.userId).remove(sessionId);
      tenant.sessionIds = tenant.sessionIds.filter((each) => each !== sessionId);
      await this.add(tenant);
    },
    "a stranger's session": (tenant, stranger) => this.#try(tenant, this.#random.pick(stranger.sessionIds)),
    "a guessed session": (tenant, stranger) => {
      const known = this.#random.pick(stranger.sessionIds);
      return this.#try(tenant, this.#random.pick(guesses(known, this.#random.pick([tenant, stranger]).userId)));
    },
    "a stranger's place in the log": async (tenant, stranger) => {
      const [own, { tail }] = await Promise.all([this.#newest(tenant), this.#storage.sessions.list(stranger.userId)]);
      const lastEventId = this.#random.pick([tail, own, undefined, "0-0"]);
      const ending = new AbortController();
      const stream = await this.#mcp.forUser(tenant.userId).subscribe({ lastEventId, signal: ending.signal });
      // Two logs may have the same id by chance. Then it is a place in the user's own log.
      if (lastEventId !== own) this.#own(tenant, "first event", (await stream.next()).value);
      ending.abort();
      for await (const event of stream) this.#own(tenant, "event", event);
    },
  };

  async operate(tenant: Tenant): Promise<void> {
    const others = this.#tenants.filter(({ sessionIds }) => sessionIds !== tenant.sessionIds && sessionIds.length > 0);
    const name = this.#random.pick(Object.keys(this.#operations));
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    // A user's operations can fail only because another user has changed their session.
    await this.#operations[name]?.(tenant, this.#random.pick(others)).catch((error: Error) => {
      this.#leak(tenant, name, error.message);
    });
  }

  async add(tenant: Tenant): Promise<void> {
    const { userId, mark } = tenant;
    const tools = [{ name: "look", description: `A tool of ${mark}`, inputSchema: { type: "object" as const } }];
    const record = someRecord({
      userId,
      serverId: this.#random.pick(serverIds),
      serverName: `Notes of ${mark}`,
      serverUrl: `https://${mark}.example/mcp`,
    });
    this.#owners.set(record.sessionId, mark);
    const created = await this.#storage.sessions.create(record, [progress(record, mark)], { limit: 50 });
    if (created.created) {
      await storeTools(this.#storage, record, tools);
      tenant.sessionIds.push(record.sessionId);
    } else this.#own(tenant, "create", created);
  }

  /** Checks everything that arrives on a user's open stream. */
  async follow(tenant: Tenant, signal: AbortSignal): Promise<void> {
    for await (const event of await this.#mcp.forUser(tenant.userId).subscribe({ signal })) {
      this.eventsSeen += 1;
      this.#own(tenant, "event", event);
    }
  }

  async checkList(tenant: Tenant): Promise<void> {
    const [listed, stored] = [
      await this.#mcp.forUser(tenant.userId).list(),
      await this.#storage.sessions.list(tenant.userId),
    ];
    for (const [what, sessions] of [["list", listed] as const, ["stored list", stored.sessions] as const]) {
      this.#own(tenant, what, sessions, tenant.mark);
      const ids = sessions.map(({ sessionId }) => sessionId).sort();
      if (String(ids) !== String([...tenant.sessionIds].sort())) this.#leak(tenant, what, ids);
    }
  }

  async #newest({ userId }: Tenant): Promise<string> {
    return (await this.#storage.sessions.list(userId)).tail;
  }

  async #change(tenant: Tenant): Promise<void> {
    const { userId, mark } = tenant;
    const stored = await this.#storage.sessions.read(userId, this.#random.pick(tenant.sessionIds));
    if (!stored) return this.#leak(tenant, "a session that is gone", "");
    const { record: previous } = stored;
    const next = { ...previous, v: previous.v + 1, reason: `changed by ${mark}` };
    await this.#storage.sessions.commit({ previous, next, events: [progress(next, mark)] });
  }

  /** Everything that a user could try with a session that is not theirs. It must look as if it did not exist. */
  async #try(tenant: Tenant, sessionId: string): Promise<void> {
    const { userId } = tenant;
    const asked = this.#mcp.forUser(userId);
    const [argument, uri] = [{ name: "a", value: "b" }, "file:///a"];
    const tries: Record<string, () => Promise<unknown>> = {
      get: () => asked.get(sessionId),
      tools: () => asked.listTools(sessionId),
      disconnect: () => asked.disconnect(sessionId),
      reconnect: () => asked.reconnect(sessionId),
      remove: () => asked.remove(sessionId),
      "sign out": () => asked.signOut(sessionId),
      refresh: () => asked.refreshSession(sessionId),
      rename: () => asked.rename(sessionId, "Another"),
      instructions: () => asked.instructions(sessionId),
      "call with an id": () => asked.callTool(sessionId, "look", {}, { callId: "a" }),
      resources: () => asked.listResources(sessionId),
      templates: () => asked.listResourceTemplates(sessionId),
      "read resource": () => asked.readResource(sessionId, uri),
      prompts: () => asked.listPrompts(sessionId),
      prompt: () => asked.getPrompt(sessionId, "a"),
      complete: () => asked.complete(sessionId, { ref: { type: "ref/prompt", name: "a" }, argument }),
      follow: () => asked.subscribeResource(sessionId, uri),
      unfollow: () => asked.unsubscribeResource(sessionId, uri),
      start: () => asked.authorization.start(sessionId),
      call: () => asked.client(sessionId).listTools(),
    };
    const what = this.#random.pick(Object.keys(tries));
    const refused = await tries[what]?.().then(
      (answer) => this.#leak(tenant, what, answer),
      (error: Error & { code?: string }) => error,
    );
    if (refused && `${refused.code}: ${refused.message}` !== "SESSION_NOT_FOUND: Session not found") {
      this.#leak(tenant, what, refused.message);
    }
    const read = await this.#storage.sessions.read(userId, sessionId);
    if (read) this.#leak(tenant, "read", read);
  }

  /** Checks that every mark in the answer is the user's own, and that `mustHave` is in it. */
  #own(tenant: Tenant, what: string, answer: unknown, mustHave = ""): void {
    const text = JSON.stringify(answer) ?? "";
    const owners = (text.match(sessionIds) ?? []).flatMap((sessionId) => this.#owners.get(sessionId) ?? []);
    const foreign = [...(text.match(marks) ?? []), ...owners].filter((mark) => mark !== tenant.mark);
    if (foreign.length > 0 || !text.includes(mustHave)) this.#leak(tenant, what, answer);
  }

  #leak({ userId, mark }: Tenant, what: string, answer: unknown): void {
    this.leaks.push(`${JSON.stringify(userId)} (${mark}) got by ${what}: ${JSON.stringify(answer)?.slice(0, 500)}`);
  }
}
