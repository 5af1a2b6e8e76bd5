/**
 * The requests that the server answers. `resume` is the GET that asks for the rest of a stream. `aside` is a request
 * that needs no answer: a notification, a reply to a request from the server, or the DELETE that ends a session.
 */
export type McpRequestKind =
  | ("server/discover" | "initialize" | "tools/list" | "tools/call" | "resume" | "aside")
  | ("resources/list" | "resources/read" | "prompts/get" | "completion/complete");

/** The format of an answer: a JSON document or an event stream. */
export type AnswerForm = "json" | "stream";

/** What arrives on a connection without being the body that a client asked for. */
export type WireFlood =
  | "informational answers"
  | "informational answers with headers"
  | "fields of a byte in an informational answer"
  | "empty lines before the head"
  | "a reason phrase"
  | "spaces before a header's value"
  | "chunk extensions"
  | "one chunk extension"
  | "zeros of a chunk's size"
  | "trailers"
  | "trailers of a byte"
  | "spaces in a trailer"
  | "gzip that holds nothing"
  | "brotli that holds nothing";

/** The server's answer in place of the true one. */
export type McpAnswer =
  /** This reply. Default: status 200 and no content type. `"<id>"` in the body becomes the id of the request. */
  | { kind: "reply"; status?: number; headers?: Readonly<Record<string, string | string[]>>; body?: string }
  /** These messages. `jsonrpc` and the `id` of the request are added where they are missing. */
  | { kind: "messages"; as: AnswerForm; messages: readonly Readonly<Record<string, unknown>>[] }
  /** The true answer with a text of this many bytes in it. `endless`: in one event that never ends. */
  | { kind: "flood"; as: AnswerForm | "endless"; bytes: number; encoding?: "gzip" | "br" }
  /** The true answer as JSON, with a text of this many bytes, in chunks of `each` bytes (RFC 9112 §7.1). */
  | { kind: "crumbs"; bytes: number; each: number }
  /** A result, or a message besides it, with arrays nested this deep. */
  | { kind: "deep"; as: AnswerForm; depth: number; beside?: boolean }
  /** Only notifications, this many a second, forever. */
  | { kind: "notifications"; perSecond: number }
  /** A stream that stays open, with or without the answer, and silent or with a comment every `keepAlive` ms. */
  | { kind: "open"; answered: boolean; keepAlive?: number }
  /** A stream that always ends before the answer and asks to be resumed after `retry` ms. */
  | { kind: "resumable"; retry: number }
  | { kind: "redirect"; status: 301 | 302 | 303 | 307 | 308; to: string }
  /** The true answer, one byte every `every` ms, starting with the head or with the body. */
  | { kind: "drip"; as: AnswerForm; from: "head" | "body"; every: number }
  /** The true answer, with excessive headers, interim responses or trailers. */
  | { kind: "head"; of: "interim responses" | "large headers" | "trailers" | "cookies" }
  /** The beginning of an answer and then this without end, as fast as the client reads. */
  | { kind: "wire"; of: WireFlood }
  /** No answer. */
  | { kind: "stall" }
  /** The connection is closed after this many bytes of the true answer. */
  | { kind: "cut"; as: AnswerForm; after: number };

/** What the server lies about. Everything else is true: JSON answers, and one page with one tool, `whoami`. */
export interface McpLies {
  answers?: Readonly<Partial<Record<McpRequestKind, McpAnswer>>>;
  /** Tools in place of the honest one. Those without an input schema get one. */
  tools?: readonly Readonly<Record<string, unknown>>[];
  /** The list never ends: each page names a next one, always with the same cursor or with a fresh one. */
  pages?: "same cursor" | "fresh cursors";
  /** Members of the answer to the handshake. */
  handshake?: Readonly<Record<string, unknown>>;
  /** Members of the result of a call. */
  result?: Readonly<Record<string, unknown>>;
  /** Whether true answers are event streams. */
  streams?: boolean;
  /** Delays each true answer randomly by up to this many ms, so that answers arrive out of order. */
  delay?: number;
}
