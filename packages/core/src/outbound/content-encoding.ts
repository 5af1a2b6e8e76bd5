import { pipeline, type Readable, type Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip } from "node:zlib";
import { NotUnderstood } from "./unreachable.js";

/** The content codings that are asked for and understood (RFC 9110 §8.4.1), each with what decodes it as it comes. */
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }),
  br: () =>
    createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH }),
};

export const acceptEncoding = Object.keys(decoders).join(", ");

/** A body without the content codings that its headers name. Throws an {@link NotUnderstood}. */
export function decoded(body: Readable, headers: Headers): Readable {
  const named = (headers.get("content-encoding") ?? "").toLowerCase().split(",");
  const codings = named.map((coding) => coding.trim()).filter((coding) => coding !== "" && coding !== "identity");
  // One on top of another is a way to make much out of little, and nobody else's.
  if (codings.length > 1) throw new NotUnderstood();
  const [coding] = codings;
  if (coding === undefined) return body;
  const decoder = decoders[coding === "x-gzip" ? "gzip" : coding];
  if (!decoder) throw new NotUnderstood();
  // Whoever reads learns of an error by the stream that he reads.
  return pipeline(body, decoder(), () => undefined);
}
