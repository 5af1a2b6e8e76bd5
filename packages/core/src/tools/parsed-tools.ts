import { type ToolInfo, toolInfoSchema } from "@mcp-assistant/protocol";
import { parseJson } from "../parse-json.js";

/** About how many bytes of memory an object, a list or a member takes beside its text. */
const memberBytes = 64;

/** About how many bytes of memory the parsed JSON takes. A text of nothing but `{}` takes 30 times its length. */
export function parsedBytes(json: string): number {
  let members = 0;
  for (let place = 0; place < json.length; place++) {
    const code = json.charCodeAt(place);
    if (code === 0x2c || code === 0x5b || code === 0x7b) members += 1;
  }
  return 2 * json.length + memberBytes * members;
}

/** A tool from its JSON, which other users may share, so that no one can change it. `undefined` if it is not a tool. */
export function parseTool(json: string): ToolInfo | undefined {
  const { success, data } = toolInfoSchema.safeParse(parseJson(json));
  return success ? deepFrozen(data) : undefined;
}

/** The same for a whole list. */
export function parseTools(json: string): readonly ToolInfo[] | undefined {
  const { success, data } = toolInfoSchema.array().safeParse(parseJson(json));
  return success ? deepFrozen(data) : undefined;
}

/** The answer meter has bounded the depth. */
function deepFrozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) deepFrozen(member);
  return Object.freeze(value);
}
