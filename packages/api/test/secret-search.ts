/** Where a secret could be written, and what was written there. */
export interface Channel {
  name: string;
  text: string;
}

/** Every way in which a text may hold a secret: raw, URL-encoded, in hexadecimal, within base64 of something longer. */
function spellings(secret: string): [spelling: string, text: string][] {
  const bytes = Buffer.from(secret);
  const spelled: [string, string][] = [
    ["raw", secret],
    ["URL-encoded", encodeURIComponent(secret)],
    ["JSON", JSON.stringify(secret).slice(1, -1)],
    ["hex", bytes.toString("hex")],
    ["HEX", bytes.toString("hex").toUpperCase()],
  ];
  // What stands before a secret shifts its base64 by up to two bytes; the digits at both ends are shared with others.
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    const [first, last] = [Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6)];
    for (const encoding of ["base64", "base64url"] as const) {
      spelled.push([`${encoding} + ${shift}`, shifted.toString(encoding).slice(first, last)]);
    }
  }
  return spelled;
}

/** Which secrets stand where, by their names. */
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
