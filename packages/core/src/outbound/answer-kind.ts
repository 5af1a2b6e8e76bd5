import type { IncomingHttpHeaders } from "node:http";
import { NotUnderstood } from "./unreachable.js";

/** How an answer is read: as events while they arrive, or as a whole. */
type AnswerKind = "events" | "whole";

const eventStream = "text/event-stream";

/** A media type without parameters: two tokens (RFC 9110 §5.6.2, §8.3.1). */
const mediaType = /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/;
const optionalSpace = /^[ \t]+|[ \t]+$/g;

export interface AnswerType {
  kind: AnswerKind;
  /** The media type in lower case, without parameters; `undefined` if the answer names none. */
  contentType: string | undefined;
}

/**
 * Decides how an answer is read. Only its media type counts. Parameters are ignored: JSON and event streams are UTF-8
 * whatever `charset` says (RFC 8259 §8.1; WHATWG HTML, server-sent events), and the others mean nothing for them.
 *
 * Throws a {@link NotUnderstood} if a successful answer has a content type that is not a plain media type, or two
 * different ones. Other answers are read as a whole in any case, so there such a content type counts as none.
 */
export function answerType(status: number, head: IncomingHttpHeaders): AnswerType {
  const contentType = mediaTypeIn(head["content-type"]);
  const isSuccess = status >= 200 && status < 300;
  if (contentType === null && isSuccess) throw new NotUnderstood();
  return {
    kind: isSuccess && contentType === eventStream ? "events" : "whole",
    contentType: contentType ?? undefined,
  };
}

/** Whether this response of the guarded fetch is an event stream. */
export const isEventStream = ({ ok, headers }: Response) => ok && headers.get("content-type") === eventStream;

/** `undefined` for no content type, `null` for one that is not plain. */
function mediaTypeIn(header: string | string[] | undefined): string | undefined | null {
  const texts = new Set([header ?? []].flat());
  const [text, ...others] = texts;
  if (others.length > 0) return null;
  if (text === undefined || text === "") return undefined;
  // `trim` would also remove other characters, such as U+00A0, which are no space in HTTP (RFC 9110 §5.6.3).
  const named = (text.split(";", 1)[0] ?? "").replace(optionalSpace, "").toLowerCase();
  return mediaType.test(named) ? named : null;
}
