import { pipeline, type Readable, type Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip } from "node:zlib";
import { NotUnderstood } from "./unreachable.js";

/** The content codings that are asked for and understood (RFC 9110 §8.4.1), each with what decodes it as it comes. */
const decoders: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", () => createGunzip(soon(constants.Z_SYNC_FLUSH))],
  ["br", () => createBrotliDecompress(soon(constants.BROTLI_OPERATION_FLUSH))],
]);

/** What has come is passed on at once, and an end that is missing is made good: as `fetch` does. */
const soon = (flush: number) => ({ flush, finishFlush: flush });

export const acceptEncoding = [...decoders.keys()].join(", ");

/** A body without the codings that its `Content-Encoding` names. Throws an {@link NotUnderstood}. */
export function decoded(body: Readable, contentEncoding: string): Readable {
  const named = contentEncoding.toLowerCase().split(",");
  const codings = named.map((coding) => coding.trim()).filter((coding) => coding !== "" && coding !== "identity");
  // One on top of another is a way to make much out of little, and nobody else's.
  if (codings.length > 1) throw new NotUnderstood();
  const [coding] = codings;
  if (coding === undefined) return body;
  const decoder = decoders.get(coding === "x-gzip" ? "gzip" : coding);
  if (!decoder) throw new NotUnderstood();
  // Whoever reads learns of an error by the stream that he reads.
  return pipeline(body, decoder(), () => undefined);
}
