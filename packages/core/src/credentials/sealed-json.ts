import * as z from "zod";
import { parseJson } from "../parse-json.js";
import type { KeyRing, Sealed } from "./key-ring.js";
import { revealJson } from "./secret.js";

/** How a sealed value is stored, next to what must be readable without opening it. */
export const sealedSchema = z.object({ kid: z.string().nullable(), sealed: z.string() });

/** The place of a seal that is bound only to where its value is stored. */
export const placeOf = (kind: "attempt" | "registration", id: string): readonly string[] => [kind, id];

export function sealJson(ring: KeyRing, value: unknown, place: readonly string[]): Sealed {
  return ring.seal(revealJson(value), place);
}

/** The value in a seal; `undefined` if it cannot be opened at this place or is not JSON. */
export function openJson(ring: KeyRing, sealed: Sealed, place: readonly string[]): unknown {
  return parseJson(ring.open(sealed, place) ?? "");
}
