import {
  blockOfServer,
  type PromptInfo,
  type PromptResult,
  promptInfoSchema,
  promptResultSchema,
} from "@mcp-assistant/protocol";
import * as z from "zod";
import { isShownName } from "../tools/shown-text.js";
import { distinct, shown } from "./described.js";

/** How many arguments a prompt may have. A form shows them all, and a required one among the rest would be missing. */
const maxArguments = 100;

/**
 * Converts a server's prompts to our own type. Malformed entries, names that repeat or cannot be shown, and prompts
 * with more than 100 arguments are left out, so one odd prompt never hides the others.
 */
export async function toPromptInfos(listed: readonly unknown[]): Promise<{ prompts: PromptInfo[]; leftOut: number }> {
  const { kept, leftOut } = await distinct(listed, { parse: toPromptInfo, keyOf: ({ name }) => name });
  return { prompts: kept, leftOut };
}

function toPromptInfo(prompt: unknown): PromptInfo | undefined {
  const { data } = promptInfoSchema.safeParse(prompt);
  if (!data || !isShownName(data.name)) return undefined;
  const { title, description, arguments: given, ...info } = data;
  const args = given && argumentsOf(given);
  if (args && args.length > maxArguments) return undefined;
  return { ...info, ...shown({ title, description }), ...(args ? { arguments: args } : {}) };
}

type Argument = NonNullable<PromptInfo["arguments"]>[number];

/** Of those with the same name, the first one. */
function argumentsOf(args: readonly Argument[]): Argument[] {
  const names = new Set<string>();
  return args.flatMap(({ title, description, ...rest }) => {
    if (!isShownName(rest.name) || names.has(rest.name)) return [];
    names.add(rest.name);
    return { ...rest, ...shown({ title, description }) };
  });
}

const messageSchema = z.object({ role: z.enum(["user", "assistant"]), content: z.unknown() });

/** A message of another kind is kept whole as what the user says, which gives it the least weight. */
function messageOfServer(message: unknown): PromptResult["messages"][number] {
  const { data } = messageSchema.safeParse(message);
  if (!data) return { role: "user", content: { type: "unknown", value: message } };
  return { role: data.role, content: blockOfServer(data.content) };
}

const serverResultSchema = promptResultSchema.extend({
  messages: z.array(z.unknown()).transform((messages) => messages.map(messageOfServer)),
});

/** A server's answer to `prompts/get`, or `undefined` for any other value. */
export function toPromptResult(answer: Readonly<Record<string, unknown>>): PromptResult | undefined {
  const { data } = serverResultSchema.safeParse(answer);
  if (!data) return undefined;
  const { description, ...result } = data;
  return { ...shown({ description }), ...result };
}
