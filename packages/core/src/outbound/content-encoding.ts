import { pipeline, type Readable, type Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip } from "node:zlib";
import { NotUnderstood } from "./unreachable.js";

/** The content codings that are requested and understood (RFC 9110 §8.4.1), with their streaming decoders. */
const decoders: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", () => createGunzip(flushing(constants.Z_SYNC_FLUSH))],
  ["br", () => createBrotliDecompress(flushing(constants.BROTLI_OPERATION_FLUSH))],
]);

/** Passes on decoded bytes immediately, and tolerates a truncated end, as `fetch` does. */
const flushing = (flush: number) => ({ flush, finishFlush: flush });

export const acceptEncoding = [...decoders.keys()].join(", ");

/** Decodes a body according to its `Content-Encoding`. Throws a {@link NotUnderstood}. */
export function decoded(body: Readable, contentEncoding: string): Readable {
  const listed = contentEncoding.toLowerCase().split(",");
  const codings = listed.map((coding) => coding.trim()).filter((coding) => coding !== "" && coding !== "identity");
  // Only decompression bombs stack several codings.
  if (codings.length > 1) throw new NotUnderstood();
  const [coding] = codings;
  if (coding === undefined) return body;
  const decoder = decoders.get(coding === "x-gzip" ? "gzip" : coding);
  if (!decoder) throw new NotUnderstood();
  // The reader gets any error from the stream itself.
  return pipeline(body, decoder(), () => undefined);
}
