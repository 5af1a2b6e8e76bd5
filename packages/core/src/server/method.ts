import type { Limits } from "../limits.js";

/** A method, the names of the limits that apply to it, and its wording in messages. */
export interface Method {
  /** The protocol's method name. The handshake uses several. */
  name: string;
  /** The limit on time (ms), for all pages together. */
  time: keyof Limits;
  /** The limit on time (ms) if its caller listens to progress or sets a time; absent for a method without either. */
  totalTime?: keyof Limits;
  /** The limit on bytes, for all pages together. */
  bytes: keyof Limits;
  /** The limit on list members, for all pages together. */
  members: keyof Limits;
  /** The limit on pages; absent for a method without pages. */
  pages?: keyof Limits;
  /** The property of the result that holds its list, if it has one. */
  list?: string;
  /** Whether a request without an answer may have had an effect. Its result may be large, and is delivered as it is. */
  mayBeDone: boolean;
  /** What the members are called in error messages. */
  noun: string;
}

/** Everything that is ever requested from a server. */
export const methods = {
  handshake: {
    name: "initialize",
    time: "connectTimeout",
    bytes: "resultBytes",
    members: "contents",
    mayBeDone: false,
    noun: "contents",
  },
  listTools: {
    name: "tools/list",
    time: "listTimeout",
    bytes: "toolListBytes",
    members: "tools",
    pages: "toolPages",
    list: "tools",
    mayBeDone: false,
    noun: "tools",
  },
  callTool: {
    name: "tools/call",
    time: "requestTimeout",
    totalTime: "totalRequestTimeout",
    bytes: "resultBytes",
    members: "contents",
    list: "content",
    mayBeDone: true,
    noun: "contents",
  },
} as const satisfies Record<string, Method>;
