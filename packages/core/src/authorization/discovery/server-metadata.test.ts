import { expect, test } from "vitest";
import { checkMetadata } from "./server-metadata.js";

const origin = "https://auth.example";

const metadataWith = (changes: Record<string, string>) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  response_types_supported: ["code"],
  code_challenge_methods_supported: ["S256"],
  ...changes,
});

/** An address of exactly this many characters. */
const addressOf = (length: number) => `${origin}/`.padEnd(length, "a");

test.each(["issuer", "token_endpoint", "revocation_endpoint"])(
  "the %s may have 2,048 characters, and no more",
  (name) => {
    expect(checkMetadata(metadataWith({ [name]: addressOf(2_048) }))).toMatchObject({ [name]: addressOf(2_048) });
    expect(() => checkMetadata(metadataWith({ [name]: addressOf(2_049) }))).toThrow(
      expect.objectContaining({
        code: "AUTHORIZATION_FAILED",
        message: "auth.example uses an address for its sign-in that is longer than 2048 characters",
      }),
    );
  },
);
