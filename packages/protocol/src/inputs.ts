import * as z from "zod";
import { authUrlSchema } from "./auth-url.js";
import { completionReferenceSchema } from "./completion.js";
import { transportTypeSchema } from "./connection.js";
import { connectionStateSchema } from "./connection-state.js";
import { errorInfoSchema } from "./error-code.js";
import { isEventId } from "./event-id.js";
import { resourceUriSchema } from "./resource.js";
import { serverIdSchema } from "./server-id.js";

const sessionId = z.string().min(1).max(256);

export const sessionInputSchema = z.object({ sessionId });

/** A header's name: a token (RFC 9110 §5.1). */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** Visible ASCII, with spaces only inside (RFC 9110 §5.5): nothing that could end a header and begin another. */
const headerValue = /^[!-~]([ -~]{0,8190}[!-~])?$/;

/** Headers that the transport sets itself, or that belong to a connection (RFC 9110 §7.6.1). */
const reserved =
  /^(accept|connection|content-.*|expect|host|keep-alive|last-event-id|mcp-.*|proxy-.*|sec-.*|te|trailer|transfer-encoding|upgrade)$/;

const maxHeaders = 20;

/** Characters of all names and values together: what servers accept for the head of a request. */
const maxHeaderLength = 16_384;

/** Custom headers by name, for a server that takes a key instead of a sign-in. A refusal never repeats any of them. */
const headersSchema = z.record(z.string(), z.string()).superRefine((headers, { addIssue }) => {
  const refuse = (message: string) => addIssue({ code: "custom", message });
  const names = Object.keys(headers);
  const lower = names.map((name) => name.toLowerCase());
  if (names.length > maxHeaders) refuse(`A connection can have at most ${maxHeaders} custom headers`);
  if (!names.every((name) => headerName.test(name)))
    refuse("A header name may have only letters, digits and -, at most 64 of them");
  if (lower.some((name) => reserved.test(name))) refuse("One of these headers is reserved for the connection itself");
  if (new Set(lower).size < lower.length) refuse("A header is listed twice");
  if (!Object.values(headers).every((value) => headerValue.test(value))) {
    refuse("A header value must have 1 to 8,192 visible ASCII characters, with no space at either end");
  }
  if (Object.entries(headers).flat().join("").length > maxHeaderLength) {
    refuse(`The custom headers of a connection can have at most ${maxHeaderLength} characters together`);
  }
});

const serverName = z.string().trim().min(1).max(128);

export const connectInputSchema = z.object({
  /** The MCP endpoint, http(s), without credentials. */
  serverUrl: z.string().trim().min(1).max(2048),
  /** The user's name for the server. Default: the host of the URL. */
  serverName: serverName.optional(),
  /** A user has one session per serverId. Use another serverId for a second account at the same server. */
  serverId: serverIdSchema.optional(),
  /** What to try first. Default: `auto`. */
  transportType: transportTypeSchema.optional(),
  /**
   * Where the authorization server sends the browser back to. Must match exactly one of the addresses that the app's
   * operator allows (`callbackUrls` of `createMcp`), for issuers that may share one. Default: the issuer's own.
   */
  callbackUrl: z.string().min(1).max(2048).optional(),
  /**
   * Headers of every request to the server, such as `{ Authorization: "Bearer …" }`. They are stored encrypted and
   * never shown again. On an existing connection they replace the previous ones.
   */
  headers: headersSchema.optional(),
});
export type ConnectInput = z.infer<typeof connectInputSchema>;

export const reconnectInputSchema = z.object({
  sessionId,
  /** New custom headers, which replace the previous ones. An empty object removes them all. */
  headers: headersSchema.optional(),
});
export type ReconnectInput = z.infer<typeof reconnectInputSchema>;

export const renameInputSchema = z.object({
  sessionId,
  /** The user's new name for the server. */
  serverName,
});
export type RenameInput = z.infer<typeof renameInputSchema>;

/**
 * The result of a connect or reconnect: CONNECTED, AUTHENTICATING (`authUrl` is our sign-in page), FAILED (`error` says
 * why), or DISCONNECTED if it was cancelled meanwhile.
 */
export const connectResultSchema = z.object({
  sessionId: z.string(),
  state: connectionStateSchema,
  authUrl: authUrlSchema.nullable(),
  error: errorInfoSchema.nullable(),
});
export type ConnectResult = z.infer<typeof connectResultSchema>;

export const callToolInputSchema = z.object({
  sessionId,
  name: z.string().min(1).max(256),
  arguments: z.record(z.string(), z.unknown()).default({}),
  /** The caller's own name for the call, unique among the user's: its progress comes as `call_progress` events. */
  callId: z.string().min(1).max(64).optional(),
});

export const readResourceInputSchema = z.object({ sessionId, uri: resourceUriSchema });

export const followResourceInputSchema = z.object({
  sessionId,
  uri: resourceUriSchema,
  /** Names the follower, such as an open page. The resource is followed until the last one has gone. */
  follower: z.string().max(64).default(""),
});

/** Arguments of a prompt are texts (MCP, `GetPromptRequest`). */
const promptArguments = z.record(z.string(), z.string());

export const getPromptInputSchema = z.object({
  sessionId,
  name: z.string().min(1).max(256),
  arguments: promptArguments.default({}),
});

export const completeInputSchema = z.object({
  sessionId,
  ref: completionReferenceSchema,
  /** The argument, and what has been typed so far. */
  argument: z.object({ name: z.string().min(1).max(256), value: z.string() }),
  /** The arguments that are known already. */
  context: z.object({ arguments: promptArguments.optional() }).optional(),
});
export type CompletionInput = Omit<z.infer<typeof completeInputSchema>, "sessionId">;

/** A position in the event log. Other text is refused here, because the log would fail on it at every retry. */
const eventId = z.string().refine(isEventId, { error: "This is not an event id" });

export const subscribeInputSchema = z
  .object({
    /** Must be in every subscription's input schema: tRPC sets it when it resumes. */
    lastEventId: eventId.nullish(),
    /** The user whose events the reader expects. If it is not the signed-in user's key, the stream ends. */
    userKey: z.string().max(64).nullish(),
  })
  .optional();
