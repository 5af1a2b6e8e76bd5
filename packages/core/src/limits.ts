import { ConfigurationError } from "./errors.js";

export interface Limits {
  /** ms for the handshake with a server, at most 15 000. */
  connectTimeout: number;
  /** ms for all pages of a tool list, at most 15 000. */
  listTimeout: number;
  /** ms for a tool call. */
  requestTimeout: number;
  /** Connections of one user. 50 by default. */
  sessionsPerUser: number;
  /** Event streams of one user in one process. 10 by default. */
  streamsPerUser: number;
  /** Event streams of all users in one process. 10 000 by default. */
  streams: number;
  /** Tool calls of one connection that are under way at the same time in one process. 8 by default. */
  callsPerSession: number;
  /**
   * Connects and reconnects of one user that dial a server, per minute in all processes. 60 by default. As with the
   * others `…PerMinute`, a minute's worth may come at once; then one goes each 60 s / limit.
   */
  connectsPerMinute: number;
  /** Sign-ins that one user begins, per minute in all processes. 20 by default. */
  signInsPerMinute: number;
  /** Tool calls of one user, per minute in all processes. 600 by default. */
  callsPerMinute: number;
  /** Event streams that one user opens, per minute in all processes. 120 by default. */
  streamsPerMinute: number;
  /**
   * Bytes, after decompression, of what a server answers to a handshake or a call, with all that comes beside the answer.
   * 4 194 304 (4 MiB) by default. What is larger is read no further.
   */
  resultBytes: number;
  /** Contents of one result, or other members of it that are objects or lists. 10 000 by default. */
  contents: number;
  /** Tools of one server. 1 000 by default. */
  tools: number;
  /** Bytes of all pages of a tool list. 4 194 304 (4 MiB) by default. */
  toolListBytes: number;
  /** Pages of a tool list. 64 by default. */
  toolPages: number;
  /** Bytes of the instructions that a server gives. 65 536 (64 KiB) by default; with longer ones it is not connected. */
  instructionBytes: number;
  /**
   * How deep objects and arrays of an answer may lie in each other, the message itself included, and those of a call's
   * arguments, themselves included. 64 by default.
   */
  jsonDepth: number;
  /** Messages that come with one answer, and ten more for each second that it takes. 1 000 by default. */
  messages: number;
}

/** The most that each may be. A step of connecting must end before its lease does, and a timer has its bounds. */
const most: Limits = {
  connectTimeout: 15_000,
  listTimeout: 15_000,
  requestTimeout: 2 ** 31 - 1,
  sessionsPerUser: 10_000,
  streamsPerUser: 10_000,
  streams: 1_000_000,
  callsPerSession: 10_000,
  connectsPerMinute: 60_000,
  signInsPerMinute: 60_000,
  callsPerMinute: 60_000,
  streamsPerMinute: 60_000,
  resultBytes: 2 ** 26,
  contents: 1_000_000,
  tools: 100_000,
  toolListBytes: 2 ** 26,
  toolPages: 10_000,
  instructionBytes: 2 ** 26,
  jsonDepth: 1_000,
  messages: 1_000_000,
};

export const defaultLimits: Limits = {
  connectTimeout: 10_000,
  listTimeout: 15_000,
  requestTimeout: 60_000,
  sessionsPerUser: 50,
  streamsPerUser: 10,
  streams: 10_000,
  callsPerSession: 8,
  connectsPerMinute: 60,
  signInsPerMinute: 20,
  callsPerMinute: 600,
  streamsPerMinute: 120,
  resultBytes: 2 ** 22,
  contents: 10_000,
  tools: 1_000,
  toolListBytes: 2 ** 22,
  toolPages: 64,
  instructionBytes: 2 ** 16,
  jsonDepth: 64,
  messages: 1_000,
};

export function checkLimits(limits: Limits): Limits {
  for (const name of Object.keys(most) as (keyof Limits)[]) {
    const value = limits[name];
    if (!Number.isInteger(value) || value < 1 || value > most[name]) {
      const unit = name.endsWith("Timeout") ? " of milliseconds" : name.endsWith("Bytes") ? " of bytes" : "";
      throw new ConfigurationError(`limits.${name} is ${value}`, `Give a whole number${unit} from 1 to ${most[name]}.`);
    }
  }
  return limits;
}
