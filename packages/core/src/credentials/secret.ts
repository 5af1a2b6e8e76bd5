import { inspect } from "node:util";
import * as z from "zod";

const shown = "[secret]";

/** Next.js loads this module up to three times in one process, and one copy's secrets reach another. */
const brand = Symbol.for("@mcp-assistant/core secret");

/** A text that prints as `[secret]` wherever it lands: in a log, a message, JSON, an inspected object. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for where it is needed: a request's header or body, a seal. */
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

/** Whether it is a secret, of whatever copy of this module. JSON has no symbols, so no stored text can claim to be one. */
const isSecret = (value: unknown): value is Secret => typeof value === "object" && value !== null && brand in value;

/** Reads a text as a secret. */
export const secretSchema = z.union([z.custom<Secret>(isSecret), z.string().transform((text) => new Secret(text))]);

/** JSON with its secrets revealed, for a seal alone. */
export function revealJson(value: unknown): string {
  // By the time a replacer is asked, `toJSON` has spoken: the secret itself is still with its holder.
  return JSON.stringify(value, function (this: Record<string, unknown>, name, shownValue: unknown) {
    const held = this[name];
    return isSecret(held) ? held.reveal() : shownValue;
  });
}
