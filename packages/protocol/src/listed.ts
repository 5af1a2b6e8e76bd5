import * as z from "zod";
import { lenient } from "./tool.js";

/** The longest time (ms) for which an answer counts as fresh: a day. */
export const maxTtlMs = 86_400_000;

/** How long (ms) an answer is fresh by its server's account (MCP 2026-07-28, caching). Only modern servers say it. */
export const ttlSchema = lenient(z.number().int().min(0).max(maxTtlMs));

/** What the answer to a list says besides its members. */
export const ofList = {
  /** How many members of the server's list were left out: malformed ones, and such as cannot be told apart or shown. */
  leftOut: z.number().int().min(0),
  ttlMs: ttlSchema,
};
