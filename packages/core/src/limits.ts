import { ConfigurationError } from "./errors.js";

interface Limit {
  default: number;
  /** The maximum. It keeps a step of connecting shorter than its lease, and timers within their range. */
  max: number;
  /** The unit, unless the limit is a plain count. */
  unit?: "milliseconds" | "bytes";
}

/**
 * All limits and their defaults: this table is their only source. docs/limits.md shows it, with the reasons. A limit
 * `…PerMinute` counts across all processes, unless it says otherwise: a minute's worth may come at once, then one is
 * allowed every 60 s / limit.
 */
const table = {
  /** ms for the handshake with a server. 10 000 by default, at most 15 000. */
  connectTimeout: { default: 10_000, max: 15_000, unit: "milliseconds" },
  /** ms for all pages of a list of tools, resources or prompts. 15 000 by default, which is also the maximum. */
  listTimeout: { default: 15_000, max: 15_000, unit: "milliseconds" },
  /** ms for a tool call, or another request that is not a list. 60 000 by default. */
  requestTimeout: { default: 60_000, max: 2 ** 31 - 1, unit: "milliseconds" },
  /** Connections of one user. 50 by default. */
  sessionsPerUser: { default: 50, max: 10_000 },
  /** Event streams of one user in one process. 10 by default. */
  streamsPerUser: { default: 10, max: 10_000 },
  /** Event streams of all users in one process. 10 000 by default. */
  streams: { default: 10_000, max: 1_000_000 },
  /**
   * Standing streams, on which servers may say something on their own, of one user in one process. 25 by default.
   * Connections beyond that do without.
   */
  standingStreamsPerUser: { default: 25, max: 10_000 },
  /** The same of all users of one process together. 1 000 by default. */
  standingStreams: { default: 1_000, max: 1_000_000 },
  /**
   * Bytes, after decompression, that a server may send on one standing stream, per minute. 262 144 (256 KiB) by default.
   * Beyond that, the stream is closed and not tried again for a while.
   */
  standingBytesPerMinute: { default: 2 ** 18, max: 2 ** 26, unit: "bytes" },
  /** Resources of one connection that are followed at the same time, by all pages together. 50 by default. */
  followedResources: { default: 50, max: 1_000 },
  /** Calls, reads of resources, prompts and completions of one connection at the same time in one process. 8 by default. */
  callsPerSession: { default: 8, max: 10_000 },
  /** Connects and reconnects of one user that dial a server, per minute in all processes. 60 by default. */
  connectsPerMinute: { default: 60, max: 60_000 },
  /** Sign-ins that one user starts, per minute in all processes. 20 by default. */
  signInsPerMinute: { default: 20, max: 60_000 },
  /** Calls and other requests to servers of one user, per minute in all processes. 600 by default. */
  callsPerMinute: { default: 600, max: 60_000 },
  /** Event streams that one user opens, per minute in all processes. 120 by default. */
  streamsPerMinute: { default: 120, max: 60_000 },
  /**
   * Bytes of lists of connections and tools, and of events that a stream missed, that one user reads, per minute in one
   * process. 67 108 864 (64 MiB) by default.
   */
  listBytesPerMinute: { default: 2 ** 26, max: 2 ** 40, unit: "bytes" },
  /**
   * ms of CPU time that checks of one user's results and arguments against tools' schemas may take, per minute in one
   * process. 1 000 by default. Beyond it, nothing is checked.
   */
  schemaMsPerMinute: { default: 1_000, max: 60_000, unit: "milliseconds" },
  /**
   * Bytes, after decompression, of servers' answers that one user's steps (handshakes, lists and calls) hold at the same
   * time in one process. 16 777 216 (16 MiB) by default, and always enough for one answer.
   */
  answerBytesPerUser: { default: 2 ** 24, max: 2 ** 40, unit: "bytes" },
  /** The same for all users of one process together. 67 108 864 (64 MiB) by default, and enough for one answer. */
  answerBytes: { default: 2 ** 26, max: 2 ** 40, unit: "bytes" },
  /**
   * Clients that one user makes this app register at authorization servers, in all processes. 50 by default at once, then
   * one every two hours.
   */
  registrationsPerUser: { default: 50, max: 10_000 },
  /**
   * Bytes, after decompression, of a server's answer to anything but a list of tools (of all pages, for another list),
   * including everything sent along with it. 4 194 304 (4 MiB) by default. A larger answer is not read to its end.
   */
  resultBytes: { default: 2 ** 22, max: 2 ** 26, unit: "bytes" },
  /** Content items of one result, or other members of it that are objects or lists. 10 000 by default. */
  contents: { default: 10_000, max: 1_000_000 },
  /** Tools of one server. 1 000 by default. */
  tools: { default: 1_000, max: 100_000 },
  /** Resources in the list of one server. 5 000 by default. */
  resources: { default: 5_000, max: 100_000 },
  /** Resource templates of one server. 1 000 by default. */
  resourceTemplates: { default: 1_000, max: 100_000 },
  /** Prompts of one server. 1 000 by default. */
  prompts: { default: 1_000, max: 100_000 },
  /** Bytes of all pages of a tool list, and of the list as JSON that we write. 4 194 304 (4 MiB) by default. */
  toolListBytes: { default: 2 ** 22, max: 2 ** 26, unit: "bytes" },
  /**
   * Bytes of the stored, compressed tool lists of all connections of one user. 16 777 216 (16 MiB) by default. A connection
   * whose list has no room left is not made.
   */
  toolListBytesPerUser: { default: 2 ** 24, max: 2 ** 30, unit: "bytes" },
  /** Pages of a list of tools, resources or prompts. 64 by default. */
  toolPages: { default: 64, max: 10_000 },
  /** Bytes of a server's instructions. 65 536 (64 KiB) by default; a server with longer ones cannot be connected. */
  instructionBytes: { default: 2 ** 16, max: 2 ** 26, unit: "bytes" },
  /**
   * How deeply objects and arrays may be nested in an answer, counting the message itself, and in a call's arguments,
   * counting the arguments object itself. 64 by default.
   */
  jsonDepth: { default: 64, max: 1_000 },
  /**
   * Members of all objects and arrays in an answer, with everything sent along with it: its commas and opening brackets
   * are counted. 100 000 by default. Text counts as bytes alone.
   */
  jsonMembers: { default: 100_000, max: 10_000_000 },
  /** Messages that may come with one answer, plus ten for each second that it takes. 1 000 by default. */
  messages: { default: 1_000, max: 1_000_000 },
} satisfies Record<string, Limit>;

export type Limits = { [Name in keyof typeof table]: number };

/** @internal */
export const limitTable: Readonly<Record<string, Limit>> = table;

/** The given limits, and defaults for the rest. Throws a {@link ConfigurationError} that names an invalid one. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  const own: Readonly<Record<string, number | undefined>> = given;
  const limits = Object.entries(limitTable).map(([name, limit]) => [name, checked(name, limit, own[name])]);
  return Object.fromEntries(limits) as Limits;
}

function checked(name: string, { default: usual, max, unit }: Limit, value = usual): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  const what = unit ? `number of ${unit}` : "number";
  throw new ConfigurationError(`limits.${name} is ${value}`, `Use a whole ${what} from 1 to ${max}.`);
}
