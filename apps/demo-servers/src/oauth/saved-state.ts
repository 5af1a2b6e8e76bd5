import type { AdapterPayload } from "oidc-provider";
import * as z from "zod";
import { noteSchema } from "./notes.js";
import { signingKeySchema } from "./signing-key.js";

const entrySchema = z.object({
  payload: z.custom<AdapterPayload>((value) => typeof value === "object" && value !== null),
  // JSON has no `Infinity` and stores `null` instead.
  expiresAt: z
    .number()
    .nullable()
    .transform((time) => time ?? Number.POSITIVE_INFINITY),
});

/** The state that outlives the server's process. Maps are lists of pairs, so that no user's name is a special key. */
export const savedStateSchema = z.object({
  /** Everything else belongs to this issuer and is useless under another. */
  issuer: z.string(),
  signingKey: signingKeySchema,
  cookieKey: z.string(),
  /** By model, then by id. */
  entries: z.array(z.tuple([z.string(), z.array(z.tuple([z.string(), entrySchema]))])),
  /** By user. */
  notes: z.array(z.tuple([z.string(), z.array(noteSchema)])),
});

export type SavedState = z.infer<typeof savedStateSchema>;
