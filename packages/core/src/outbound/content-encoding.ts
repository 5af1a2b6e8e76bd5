import { finished, type Readable, type Transform } from "node:stream";
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
  return through(body, decoder());
}

/**
 * Passes a body through a decoder. Each write is a journey to another thread, so small chunks that arrive in the meantime
 * go together: one by one, 5 000 of them took seconds.
 */
function through(body: Readable, decoder: Transform): Readable {
  let isBusy = false;
  const feed = () => {
    const chunk: Buffer | null = isBusy ? null : body.read();
    if (!chunk) return;
    isBusy = true;
    decoder.write(chunk, () => {
      isBusy = false;
      feed();
    });
  };
  body.on("readable", feed);
  // The reader gets any error from the decoder.
  finished(body, (error) => {
    if (!error) decoder.end();
    else if (!decoder.readableEnded) decoder.destroy(error);
  });
  // What follows the end of the compressed data is not read, so the connection cannot be used again.
  decoder.on("end", () => body.destroy()).on("close", () => body.destroy());
  return decoder;
}
