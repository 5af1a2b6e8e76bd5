/** The bytes of a base64 text; undefined for any other text. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** How many bytes a base64 text stands for. */
export const byteCount = (base64: string): number => Math.floor((base64.replace(/=+$/, "").length * 3) / 4);

const units = ["bytes", "kB", "MB", "GB"];

/** A size for people: `1 byte`, `812 bytes`, `1.5 MB`. */
export function sizeText(bytes: number): string {
  if (bytes === 1) return "1 byte";
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const amount = bytes / 1_000 ** step;
  return `${step === 0 ? amount : amount.toFixed(amount < 10 ? 1 : 0)} ${units[step]}`;
}
