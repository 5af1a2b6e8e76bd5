import { inspect } from "node:util";
import * as z from "zod";

const shown = "[secret]";

/** Next.js loads this module up to three times in one process, and secrets pass from one copy to another. */
const brand = Symbol.for("@mcp-assistant/core secret");

/** A text that prints as `[secret]` everywhere: in a log, a message, JSON or an inspected object. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for a request's header or body, or for a seal. */
  reveal(): string {
    return this.#text;
  }

  get [brand](): true {
    return true;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}

/** Whether a value is a secret of any copy of this module. JSON has no symbols, so no stored text can pose as one. */
const isSecret = (value: unknown): value is Secret => typeof value === "object" && value !== null && brand in value;

/** Reads a text as a secret. */
export const secretSchema = z.union([z.custom<Secret>(isSecret), z.string().transform((text) => new Secret(text))]);

/** JSON with its secrets in clear text, only for sealing. */
export function revealJson(value: unknown): string {
  // A replacer gets the result of `toJSON`; the holder still has the secret itself.
  return JSON.stringify(value, function (this: Record<string, unknown>, name, shownValue: unknown) {
    const held = this[name];
    return isSecret(held) ? held.reveal() : shownValue;
  });
}
