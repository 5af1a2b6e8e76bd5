/** A place where a secret could leak, and the text found there. */
export interface Channel {
  name: string;
  text: string;
}

/** Every way a text can hold a secret: raw, URL-encoded, as JSON, in hexadecimal, or inside a longer base64 text. */
function spellings(secret: string): [spelling: string, text: string][] {
  const bytes = Buffer.from(secret);
  const spelled: [string, string][] = [
    ["raw", secret],
    ["URL-encoded", encodeURIComponent(secret)],
    ["JSON", JSON.stringify(secret).slice(1, -1)],
    ["hex", bytes.toString("hex")],
    ["HEX", bytes.toString("hex").toUpperCase()],
  ];
  // The bytes before a secret shift its base64 by up to two bytes. Digits at both ends may mix in other bytes.
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    const [first, last] = [Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6)];
    for (const encoding of ["base64", "base64url"] as const) {
      spelled.push([`${encoding} + ${shift}`, shifted.toString(encoding).slice(first, last)]);
    }
  }
  return spelled;
}

/** Lists which secrets are in which channels, by name. */
export function findSecrets(secrets: ReadonlyMap<string, string>, channels: readonly Channel[]): string[] {
  const found: string[] = [];
  for (const [name, secret] of secrets) {
    for (const [spelling, text] of spellings(secret)) {
      for (const channel of channels) {
        if (channel.text.includes(text)) found.push(`${channel.name} has the ${name}, ${spelling}`);
      }
    }
  }
  return found;
}
