import { InvalidStateError } from "../../errors.js";

/** The parameters of an authorization response (RFC 6749 §4.1.2, §4.1.2.1, RFC 9207 §2). */
const names = ["state", "code", "iss", "error", "error_description", "error_uri"];

/**
 * No parameter may come twice (RFC 6749 §3.1): a proxy, the app and we could each read another one. Throws an
 * {@link InvalidStateError}, before anything is looked at.
 */
export function checkNotRepeated(params: URLSearchParams): void {
  if (names.some((name) => params.getAll(name).length > 1)) throw new InvalidStateError("repeated");
}
