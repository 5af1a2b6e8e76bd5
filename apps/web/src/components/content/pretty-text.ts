/** The longest text (characters) that is parsed to be indented: a page must not stand still. */
const maxParsed = 1_000_000;

const isJson = (mimeType = "") => /^[^;]*[/+]json\s*(?:;|$)/i.test(mimeType);

/** A text as it is shown: JSON is indented, if it is valid. */
export function prettyText(text: string, mimeType: string | undefined): string {
  if (!isJson(mimeType) || text.length > maxParsed) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
