import { createConnection, createServer, type Socket } from "node:net";
import { eventually } from "../eventually.js";

/** A command from a client: the name in upper case, then the arguments. */
export type RedisCommand = readonly string[];

/** Everything that clients have sent, and what they got for it. */
export interface RedisTraffic {
  commands: RedisCommand[];
  /** Of the commands. */
  bytes: number;
  /** Of the answers. */
  answerBytes: number;
  /** How often a client sent something after an answer to what it had sent before. */
  roundTrips: number;
}

export interface RedisGate {
  port: number;
  /** Returns everything that clients have sent and got since the last call. */
  takeTraffic(): RedisTraffic;
  /**
   * From now on, stops a connection that sends a matching command: the command never reaches Redis (`before`), or Redis
   * executes it but its answer does not come back (`after`).
   */
  close(when: "before" | "after", matches: (command: RedisCommand) => boolean): GateStop;
  end(): Promise<void>;
}

export interface GateStop {
  /** Resolves when commands with this many different first keys have been stopped: a client may retry a command. */
  until(count: number): Promise<unknown>;
}

interface Rule {
  when: "before" | "after";
  matches: (command: RedisCommand) => boolean;
  stopped: Set<string>;
}

/**
 * A proxy on 127.0.0.1 in front of Redis that stops a client at a command that the test chooses. It passes answers on
 * `delayMs` late, by default at once: then what a client sends without waiting for an answer counts as one round trip.
 */
export async function startRedisGate({ port: target, delayMs = 0 }: RedisGateOptions): Promise<RedisGate> {
  const rules: Rule[] = [];
  const passages = new Set<Passage>();
  const noTraffic = (): RedisTraffic => ({ commands: [], bytes: 0, answerBytes: 0, roundTrips: 0 });
  let traffic = noTraffic();
  const count: Count = {
    command: (command, bytes) => {
      traffic.commands.push(command);
      traffic.bytes += bytes;
    },
    answer: (bytes) => {
      traffic.answerBytes += bytes;
    },
    roundTrip: () => {
      traffic.roundTrips += 1;
    },
  };
  const server = createServer((client) => {
    const passage = new Passage(client, createConnection({ port: target, host: "127.0.0.1" }), {
      rules,
      count,
      delayMs,
    });
    passages.add(passage);
    client.once("close", () => passages.delete(passage));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The gate has no port");
  return {
    port: address.port,
    takeTraffic: () => {
      const taken = traffic;
      traffic = noTraffic();
      return taken;
    },
    close: (when, matches) => {
      const stopped = new Set<string>();
      rules.push({ when, matches, stopped });
      return { until: (count) => eventually(() => stopped.size >= count, { timeout: 60_000 }) };
    },
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const passage of passages) passage.end();
      }),
  };
}

export interface RedisGateOptions {
  /** Of Redis. */
  port: number;
  delayMs?: number;
}

interface Count {
  command: (command: RedisCommand, bytes: number) => void;
  answer: (bytes: number) => void;
  roundTrip: () => void;
}

interface PassageOptions {
  rules: readonly Rule[];
  count: Count;
  delayMs: number;
}

/** One connection. */
class Passage {
  readonly #client: Socket;
  readonly #redis: Socket;
  readonly #rules: readonly Rule[];
  readonly #count: Count;
  #pending: Buffer = Buffer.alloc(0);
  /** Whether nothing from the client is passed on any more. */
  #stopped = false;
  /** If set, answers are held back. The next answer shows that Redis has executed this command. */
  #last: { command: RedisCommand; rule: Rule } | undefined;
  /** Whether the client has had an answer since it last sent something. */
  #answered = true;

  constructor(client: Socket, redis: Socket, { rules, count, delayMs }: PassageOptions) {
    this.#client = client;
    this.#redis = redis;
    this.#rules = rules;
    this.#count = count;
    for (const socket of [client, redis]) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.once("close", () => this.end());
    }
    client.on("data", (chunk: Buffer) => this.#ask(chunk));
    redis.on("data", (chunk: Buffer) => {
      if (!this.#last) {
        count.answer(chunk.length);
        const pass = () => {
          this.#answered = true;
          client.write(chunk);
        };
        return void (delayMs > 0 ? setTimeout(pass, delayMs) : pass());
      }
      const { command, rule } = this.#last;
      rule.stopped.add(firstKey(command));
    });
  }

  end(): void {
    this.#client.destroy();
    this.#redis.destroy();
  }

  #ask(chunk: Buffer): void {
    if (this.#answered) this.#count.roundTrip();
    this.#answered = false;
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (!this.#stopped) {
      const read = readCommand(this.#pending);
      if (!read) return;
      const bytes = this.#pending.subarray(0, read.end);
      this.#pending = this.#pending.subarray(read.end);
      this.#count.command(read.command, read.end);
      const rule = this.#rules.find(({ matches }) => matches(read.command));
      if (rule) this.#stopped = true;
      if (rule?.when === "before") rule.stopped.add(firstKey(read.command));
      else this.#redis.write(bytes);
      if (rule?.when === "after") this.#last = { command: read.command, rule };
    }
  }
}

const isScript = (command: RedisCommand) => /^EVAL/.test(command[0] ?? "");

/** The key of a command, or the first one of a script. */
export const firstKey = (command: RedisCommand) => command[isScript(command) ? 3 : 1] ?? "";

/** The keys of a script, or none for any other command. */
export const scriptKeys = (command: RedisCommand) =>
  isScript(command) ? command.slice(3, 3 + Number(command[2])) : [];

/** Reads the first complete command, an array of bulk strings, and where it ends. */
function readCommand(bytes: Buffer): { command: RedisCommand; end: number } | undefined {
  const line = (from: number) => {
    const end = bytes.indexOf("\r\n", from);
    return end < 0 ? undefined : { number: Number(bytes.toString("latin1", from + 1, end)), next: end + 2 };
  };
  const head = line(0);
  if (!head) return undefined;
  const command: string[] = [];
  let at = head.next;
  while (command.length < head.number) {
    const length = line(at);
    if (!length || bytes.length < length.next + length.number + 2) return undefined;
    command.push(bytes.toString("utf8", length.next, length.next + length.number));
    at = length.next + length.number + 2;
  }
  return { command: command.map((part, index) => (index === 0 ? part.toUpperCase() : part)), end: at };
}
