import { UserIdInvalidError } from "../errors.js";

/** The maximum length of a user ID, in bytes of UTF-8. It is part of keys, which every operation carries. */
const maxBytes = 512;

/**
 * Checks that a user ID can be part of a key: 1 to 512 bytes of well-formed text, with any characters, but not white
 * space alone, which is what an empty header or column leaves. Throws a {@link UserIdInvalidError} that does not show
 * the ID.
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
    hint: "The app's own authentication must return the user's stable id.",
    retryable: false,
  });
}
