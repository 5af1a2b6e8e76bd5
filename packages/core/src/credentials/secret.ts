import { inspect } from "node:util";
import { z } from "zod";

const shown = "[secret]";

/** A text that prints as `[secret]` wherever it lands: in a log, a message, JSON, a debugger's tree. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for where it is needed: a request's header or body, a seal. */
  reveal(): string {
    return this.#text;
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

/** Reads a text as a secret. */
export const secretSchema = z.union([z.instanceof(Secret), z.string().transform((text) => new Secret(text))]);

/** JSON with its secrets revealed, for a seal alone. */
export function revealJson(value: unknown): string {
  // By the time a replacer is asked, `toJSON` has spoken: the secret itself is still with its holder.
  return JSON.stringify(value, function (this: Record<string, unknown>, name, shownValue: unknown) {
    const held = this[name];
    return held instanceof Secret ? held.reveal() : shownValue;
  });
}
