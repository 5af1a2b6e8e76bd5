import { UserIdInvalidError } from "../errors.js";

/** The longest user id, in bytes of UTF-8. It is part of keys, which every operation carries. */
const maxBytes = 512;

/**
 * A user id that can be part of a key: 1 to 512 bytes of well-formed text, any characters, but not white space alone,
 * which is what is left of a header or a column with nobody in it. Throws a {@link UserIdInvalidError}, which does
 * not repeat it.
 */
export function checkUserId(userId: string): void {
  const problem =
    typeof userId !== "string" || userId.trim() === ""
      ? "is empty"
      : Buffer.byteLength(userId) > maxBytes
        ? `has more than ${maxBytes} bytes`
        : /[\uD800-\uDFFF]/u.test(userId)
          ? "is not well-formed text"
          : undefined;
  if (!problem) return;
  throw new UserIdInvalidError({
    message: `The user id ${problem}`,
    hint: "The app's own authentication gives it: it has to be the user's stable id.",
    retryable: false,
  });
}
