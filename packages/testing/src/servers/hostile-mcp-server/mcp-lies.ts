/**
 * The requests that the server answers. `resume` is the GET of whoever comes back for the rest of a stream, `aside` what asks
 * for no answer: a notification, a reply to a request of the server's own, the DELETE that ends a session.
 */
export type McpRequestKind = "server/discover" | "initialize" | "tools/list" | "tools/call" | "resume" | "aside";

/** How an answer comes: a JSON document, or an event stream. */
export type AnswerForm = "json" | "stream";

/** What the server answers in place of the truth. */
export type McpAnswer =
  /** These words: `status` is 200, and there is no content type, unless they say so. */
  | { kind: "reply"; status?: number; headers?: Readonly<Record<string, string | string[]>>; body?: string }
  /** These messages, each with the members that are missing: `jsonrpc`, and the `id` of the request. */
  | { kind: "messages"; as: AnswerForm; messages: readonly Readonly<Record<string, unknown>>[] }
  /** The truth with a text of so many bytes in it. `endless`: in one event that never ends, for so many bytes. */
  | { kind: "flood"; as: AnswerForm | "endless"; bytes: number; encoding?: "gzip" | "br" }
  /** The truth as JSON, with a text of so many bytes in it, `each` of which are a chunk of their own (RFC 9112 §7.1). */
  | { kind: "crumbs"; bytes: number; each: number }
  /** A result, or a message beside it, whose arrays lie so deep in each other. */
  | { kind: "deep"; as: AnswerForm; depth: number; beside?: boolean }
  /** Notifications and nothing else, so many a second, for ever. */
  | { kind: "notifications"; perSecond: number }
  /** A stream that stays open: with the answer in it or not, with a comment every `keepAlive` ms or silent. */
  | { kind: "open"; answered: boolean; keepAlive?: number }
  /** A stream that ends before the answer, and asks to be resumed after `retry` ms, again and again. */
  | { kind: "resumable"; retry: number }
  | { kind: "redirect"; status: 301 | 302 | 303 | 307 | 308; to: string }
  /** The truth, a byte every `every` ms: from the first byte of the head, or from the first of the body. */
  | { kind: "drip"; as: AnswerForm; from: "head" | "body"; every: number }
  /** The truth, with more in its head or after its body than anybody wants. */
  | { kind: "head"; of: "interim responses" | "large headers" | "trailers" | "cookies" }
  /** Nothing at all. */
  | { kind: "stall" }
  /** The connection is closed, after so many bytes of the truth. */
  | { kind: "cut"; as: AnswerForm; after: number };

/** What the server lies about. What is left out is as it should be: JSON answers, one page of one tool, `whoami`. */
export interface McpLies {
  answers?: Readonly<Partial<Record<McpRequestKind, McpAnswer>>>;
  /** Tools in place of the honest one, each with an input schema where it has none. */
  tools?: readonly Readonly<Record<string, unknown>>[];
  /** The list has no end: each page names the next, always by the same cursor or by a fresh one. */
  pages?: "same cursor" | "fresh cursors";
  /** In the answer to the handshake. */
  handshake?: Readonly<Record<string, unknown>>;
  /** In the result of a call. */
  result?: Readonly<Record<string, unknown>>;
  /** The true answers come as event streams. */
  streams?: boolean;
  /** Each true answer takes some time, up to so many ms: they come in another order than they were asked for. */
  delay?: number;
}
