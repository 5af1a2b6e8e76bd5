import { ConfigurationError } from "./errors.js";

interface Limit {
  default: number;
  /** The most that it may be. A step of connecting ends before its lease does, and a timer has its bounds. */
  max: number;
  /** What it counts, where that is not things. */
  unit?: "milliseconds" | "bytes";
}

/**
 * All that is limited, and by how much: this table is the only place that says so. docs/limits.md shows it, with the
 * reasons. Those `…PerMinute` count in all processes: a minute's worth may come at once, then one goes each 60 s / limit.
 */
const table = {
  /** ms for the handshake with a server. 10 000 by default, at most 15 000. */
  connectTimeout: { default: 10_000, max: 15_000, unit: "milliseconds" },
  /** ms for all pages of a tool list. 15 000 by default, which is also the most. */
  listTimeout: { default: 15_000, max: 15_000, unit: "milliseconds" },
  /** ms for a tool call. 60 000 by default. */
  requestTimeout: { default: 60_000, max: 2 ** 31 - 1, unit: "milliseconds" },
  /** Connections of one user. 50 by default. */
  sessionsPerUser: { default: 50, max: 10_000 },
  /** Event streams of one user in one process. 10 by default. */
  streamsPerUser: { default: 10, max: 10_000 },
  /** Event streams of all users in one process. 10 000 by default. */
  streams: { default: 10_000, max: 1_000_000 },
  /** Tool calls of one connection that are under way at the same time in one process. 8 by default. */
  callsPerSession: { default: 8, max: 10_000 },
  /** Connects and reconnects of one user that dial a server, per minute in all processes. 60 by default. */
  connectsPerMinute: { default: 60, max: 60_000 },
  /** Sign-ins that one user begins, per minute in all processes. 20 by default. */
  signInsPerMinute: { default: 20, max: 60_000 },
  /** Tool calls of one user, per minute in all processes. 600 by default. */
  callsPerMinute: { default: 600, max: 60_000 },
  /** Event streams that one user opens, per minute in all processes. 120 by default. */
  streamsPerMinute: { default: 120, max: 60_000 },
  /**
   * Bytes, after decompression, of what a server answers to a handshake or a call, with all that comes beside the answer.
   * 4 194 304 (4 MiB) by default. What is larger is read no further.
   */
  resultBytes: { default: 2 ** 22, max: 2 ** 26, unit: "bytes" },
  /** Contents of one result, or other members of it that are objects or lists. 10 000 by default. */
  contents: { default: 10_000, max: 1_000_000 },
  /** Tools of one server. 1 000 by default. */
  tools: { default: 1_000, max: 100_000 },
  /** Bytes of all pages of a tool list. 4 194 304 (4 MiB) by default. */
  toolListBytes: { default: 2 ** 22, max: 2 ** 26, unit: "bytes" },
  /** Pages of a tool list. 64 by default. */
  toolPages: { default: 64, max: 10_000 },
  /** Bytes of the instructions that a server gives. 65 536 (64 KiB) by default; with longer ones it is not connected. */
  instructionBytes: { default: 2 ** 16, max: 2 ** 26, unit: "bytes" },
  /**
   * How deep objects and arrays of an answer may be nested, the message itself included, and those of a call's arguments,
   * themselves included. 64 by default.
   */
  jsonDepth: { default: 64, max: 1_000 },
  /** Messages that come with one answer, and ten more for each second that it takes. 1 000 by default. */
  messages: { default: 1_000, max: 1_000_000 },
} satisfies Record<string, Limit>;

export type Limits = { [Name in keyof typeof table]: number };

/** @internal */
export const limitTable: Readonly<Record<string, Limit>> = table;

/** The limits that are given, and the default of every other. Throws a {@link ConfigurationError} that names a wrong one. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  const own: Readonly<Record<string, number | undefined>> = given;
  const limits = Object.entries(limitTable).map(([name, limit]) => [name, checked(name, limit, own[name])]);
  return Object.fromEntries(limits) as Limits;
}

function checked(name: string, { default: usual, max, unit }: Limit, value = usual): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  const what = unit ? `number of ${unit}` : "number";
  throw new ConfigurationError(`limits.${name} is ${value}`, `Give a whole ${what} from 1 to ${max}.`);
}
