import { type DiscoverResult, isSpecType } from "@modelcontextprotocol/client";
import * as z from "zod";
import type { Owner } from "../credentials/credentials.js";
import type { KeyRing } from "../credentials/key-ring.js";
import { openJson, sealedSchema, sealJson } from "../credentials/sealed-json.js";
import { secretSchema } from "../credentials/secret.js";
import { parseJson } from "../parse-json.js";

const handshakeSchema = z.discriminatedUnion("era", [
  /** The answer to `server/discover`. */
  z.object({
    era: z.literal("modern"),
    discover: z.custom<DiscoverResult>((value) => isSpecType.DiscoverResult(value)),
  }),
  z.object({
    era: z.literal("legacy"),
    /** The result of `initialize`. */
    initialize: z.looseObject({ protocolVersion: z.string(), capabilities: z.looseObject({}) }),
    /** The `Mcp-Session-Id`, which lets in anyone who knows it. Null for a server that gave none. */
    transportSession: secretSchema.nullable(),
  }),
]);

/** What a server answered in the handshake. A process that has it can send requests without one. */
export type Handshake = z.infer<typeof handshakeSchema>;

const storedSchema = z.object({
  id: z.string(),
  at: z.number(),
  lostAt: z.number().nullable(),
  isSilent: z.boolean().default(false),
  ...sealedSchema.shape,
});

const sealedPartSchema = z.object({
  admission: z.string(),
  declared: z.string(),
  handshake: handshakeSchema.nullable(),
});

/** A handshake as it is kept with a session. */
export interface KeptHandshake {
  /** Random, so that no two are alike. */
  id: string;
  /** When the handshake was made: ms since the epoch, by the store's clock. */
  at: number;
  /** When the server last forgot the transport session of a handshake that was kept here. */
  lostAt: number | null;
  /** Null if it could not be shared: then each call makes its own. */
  handshake: Handshake | null;
  /** Whether the server has said that it has no standing stream. */
  isSilent?: boolean;
}

/** What a handshake was made with. It counts for nothing else. */
export interface MadeWith {
  /** See `admissionOf`. */
  admission: string;
  /** The capabilities that we declared, as JSON. */
  declared: string;
}

const placeOf = ({ sessionId, userId, serverUrl }: Owner) => ["handshake", sessionId, userId, serverUrl];

/** The stored text. Its ID comes first, so that a script can compare it by the head alone. */
export function encodeHandshake(
  { id, at, lostAt, handshake }: KeptHandshake,
  { admission, declared }: MadeWith,
  { owner, ring }: { owner: Owner; ring: KeyRing },
): string {
  return JSON.stringify({ id, at, lostAt, ...sealJson(ring, { admission, declared, handshake }, placeOf(owner)) });
}

/** Undefined for a text that cannot be read, or that was made with something else. A handshake can be made again. */
export function decodeHandshake(
  text: string,
  { admission, declared }: MadeWith,
  { owner, ring }: { owner: Owner; ring: KeyRing },
): KeptHandshake | undefined {
  const stored = storedSchema.safeParse(parseJson(text)).data;
  if (!stored) return undefined;
  const part = sealedPartSchema.safeParse(openJson(ring, stored, placeOf(owner))).data;
  if (part?.admission !== admission || part.declared !== declared) return undefined;
  const { id, at, lostAt, isSilent } = stored;
  return { id, at, lostAt, handshake: part.handshake, isSilent };
}

/** The same text, with the note that the server has no standing stream. Undefined for a text that is damaged. */
export function silentHandshake(text: string): string | undefined {
  const stored = storedSchema.safeParse(parseJson(text)).data;
  return stored && JSON.stringify({ ...stored, isSilent: true });
}

/** The same text, sealed with the first key; undefined if it cannot be opened. */
export function resealHandshake(text: string, { owner, ring }: { owner: Owner; ring: KeyRing }): string | undefined {
  const stored = storedSchema.safeParse(parseJson(text)).data;
  if (!stored) return undefined;
  if (!ring.isOutdated(stored)) return text;
  const { id, at, lostAt, isSilent } = stored;
  const part = openJson(ring, stored, placeOf(owner));
  if (part === undefined) return undefined;
  return JSON.stringify({ id, at, lostAt, isSilent, ...sealJson(ring, part, placeOf(owner)) });
}

/** What a stored text begins with until another takes its place. */
export const headOf = (text: string): string => text.slice(0, text.indexOf(",") + 1);
