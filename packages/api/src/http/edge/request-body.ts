import { bodyAlreadyRead, brokenBody, type Refusal, tooLarge } from "./refusal.js";

/** The longest request body (bytes) that is read. */
const maxBodyBytes = 1_048_576;

/** A body that something in front of us has read without passing it on. */
export class BodyTakenError extends Error {
  constructor() {
    super("The body has already been read");
    this.name = "BodyTakenError";
  }
}

/**
 * Reads the body of a request. The bytes that arrive are counted, because `Content-Length` can lie. Reading stops at
 * the limit but the connection stays open, so that the sender can still read the refusal.
 */
export async function readBody({ headers, body, bodyUsed }: Request): Promise<Uint8Array<ArrayBuffer> | Refusal> {
  if (Number(headers.get("content-length") ?? 0) > maxBodyBytes) return tooLarge(maxBodyBytes);
  if (!body) return new Uint8Array();
  if (bodyUsed || body.locked) return bodyAlreadyRead();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.byteLength;
      if (length > maxBodyBytes) return tooLarge(maxBodyBytes);
      chunks.push(next.value);
    }
  } catch (error) {
    return error instanceof BodyTakenError ? bodyAlreadyRead() : brokenBody();
  } finally {
    reader.releaseLock();
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
