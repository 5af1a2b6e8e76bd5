import { parseUrl } from "./parse-url.js";

/** What is wrong with a server's address, and what to do about it. */
export interface ServerUrlProblem {
  message: string;
  hint: string;
}

/** The longest address (characters), as it is sent: other characters than ASCII are written as several. */
const maxLength = 2_048;

/** The longest input (characters) that the hint repeats with https:// in front. */
const maxRepeatedLength = 200;

const example = "https://mcp.example.com/mcp";

/**
 * What is wrong with a text that cannot be a server's URL. Undefined if it may be one. A page that checks this before
 * it connects opens no sign-in window for a typo. The server checks it again.
 */
export function serverUrlProblem(text: string): ServerUrlProblem | undefined {
  const typed = text.trim();
  if (typed === "") return { message: "Enter the server's address", hint: `For example: ${example}.` };
  const url = parseUrl(typed);
  if (!url) {
    const meant = `https://${typed}`;
    // A query may hold a key, and the part before an @ a password.
    const looksRight =
      /^[^\s/?#@]+\.[^\s?#@]+$/.test(typed) && typed.length <= maxRepeatedLength && parseUrl(meant) !== undefined;
    return {
      message: "This is not a valid address",
      hint: `Enter the full address, such as ${looksRight ? meant : example}.`,
    };
  }
  const { protocol, username, password } = url;
  if (protocol !== "https:" && protocol !== "http:") {
    return {
      message: `MCP servers use http or https${protocol.length <= 20 ? `, not ${protocol}` : ""}`,
      hint: "Enter an https:// address.",
    };
  }
  if (username || password) {
    return {
      message: "The address contains a user name or password",
      hint: "Leave them out. If the server needs a sign-in, it will ask you.",
    };
  }
  if (url.href.length > maxLength) {
    return { message: "The address is too long", hint: `Enter one of at most ${maxLength} characters.` };
  }
  return undefined;
}
