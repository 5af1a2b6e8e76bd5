import type { Limits } from "../limits.js";

/** A method, the names of the limits that apply to it, and its wording in messages. */
export interface Method {
  /** The protocol's method name. The handshake uses several. */
  name: string;
  /** The limit on time (ms), for all pages together. */
  time: keyof Limits;
  /** The limit on bytes, for all pages together. */
  bytes: keyof Limits;
  /** The limit on list members, for all pages together. */
  members: keyof Limits;
  /** The limit on pages; absent for a method without pages. */
  pages?: keyof Limits;
  /** The property of the result that holds its list, if it has one. */
  list?: string;
  /** The least result that the SDK accepts, where that is no list. It never sees what the server sent. */
  outline?: Readonly<Record<string, unknown>>;
  /** Whether a request without an answer may have had an effect. */
  mayBeDone: boolean;
  /** Whether its result may be large, and is delivered as it is. It keeps its room until it has been written. */
  isDelivered: boolean;
  /** What the members are called in error messages. */
  noun: string;
}

/** What lists that nothing stores have in common. */
const list = {
  time: "listTimeout",
  bytes: "resultBytes",
  pages: "toolPages",
  mayBeDone: false,
  isDelivered: true,
} as const;

/** A request that changes nothing, and whose result goes to the caller. */
const read = {
  time: "requestTimeout",
  bytes: "resultBytes",
  members: "contents",
  mayBeDone: false,
  isDelivered: true,
  noun: "contents",
} as const;

/** A request whose answer says nothing but that it has been done. */
const aside = {
  time: "connectTimeout",
  bytes: "resultBytes",
  members: "contents",
  mayBeDone: false,
  isDelivered: false,
  noun: "contents",
} as const;

/** Everything that is ever requested from a server. */
export const methods = {
  handshake: {
    name: "initialize",
    time: "connectTimeout",
    bytes: "resultBytes",
    members: "contents",
    mayBeDone: false,
    isDelivered: false,
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
    isDelivered: false,
    noun: "tools",
  },
  callTool: {
    name: "tools/call",
    time: "requestTimeout",
    bytes: "resultBytes",
    members: "contents",
    list: "content",
    mayBeDone: true,
    isDelivered: true,
    noun: "contents",
  },
  subscribe: { name: "resources/subscribe", ...aside },
  unsubscribe: { name: "resources/unsubscribe", ...aside },
  /** Shows whether the server still knows the transport session (legacy era). */
  ping: { name: "ping", ...aside },
  listResources: { name: "resources/list", ...list, members: "resources", list: "resources", noun: "resources" },
  listResourceTemplates: {
    name: "resources/templates/list",
    ...list,
    members: "resourceTemplates",
    list: "resourceTemplates",
    noun: "resource templates",
  },
  readResource: { name: "resources/read", ...read, list: "contents" },
  listPrompts: { name: "prompts/list", ...list, members: "prompts", list: "prompts", noun: "prompts" },
  getPrompt: { name: "prompts/get", ...read, list: "messages" },
  complete: { name: "completion/complete", ...read, outline: { completion: { values: [] } } },
} as const satisfies Record<string, Method>;
