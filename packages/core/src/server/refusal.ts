import { ProtocolError, ProtocolErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import * as z from "zod";
import { parseJson } from "../parse-json.js";

/** The HTTP statuses with which a server may refuse a request that no handshake, or another one, preceded. */
const refusals: ReadonlySet<number> = new Set([400, 404, 405, 410]);

const bodySchema = z.object({
  id: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }),
});

const bodyOf = ({ data: { text } }: SdkHttpError) => bodySchema.safeParse(parseJson(String(text ?? ""))).data;

/** A server's own codes (JSON-RPC 2.0 §5.1). */
const isServersOwn = (code: number) => code <= -32_000 && code >= -32_099;

/**
 * Notes in an HTTP error whether its body answers the request with this ID: then the server has processed it. Servers
 * that refuse a request before they process it leave out its ID, or use one of a few codes.
 */
export function notingAnswer(error: unknown, id: string | number): unknown {
  if (!(error instanceof SdkHttpError)) return error;
  const body = bodyOf(error);
  if (!body || String(body.id) !== String(id)) return error;
  const { code } = body.error;
  if (code === ProtocolErrorCode.InvalidRequest || isServersOwn(code)) return error;
  return new SdkHttpError(error.code, error.message, { ...error.data, isAnswer: true });
}

const isAnswer = ({ data }: SdkHttpError) => "isAnswer" in data;

/**
 * Whether a server says that it does not know the protocol session of a request, which it has not processed: with 404
 * (MCP 2025-11-25, session management) or, as some do, with 400.
 */
export function refusesSession(error: SdkHttpError): boolean {
  if (isAnswer(error)) return false;
  return error.status === 404 || (error.status === 400 && /session/i.test(bodyOf(error)?.error.message ?? ""));
}

/** Whether a server may have refused a request because of the handshake that we made before. */
export function refusesHandshake(error: unknown): boolean {
  // An answer may be due to the arguments alone. But 404 always means that the session has ended.
  if (error instanceof SdkHttpError) return isAnswer(error) ? error.status === 404 : refusals.has(error.status);
  if (!(error instanceof ProtocolError)) return false;
  const { code, message } = error;
  // Some servers send their own codes with status 200.
  return code === ProtocolErrorCode.UnsupportedProtocolVersion || (isServersOwn(code) && /session/i.test(message));
}
