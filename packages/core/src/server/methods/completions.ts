import type { Completion, CompletionInput } from "@mcp-assistant/protocol";
import { toCompletion } from "../../offers/completion.js";
import type { Dialled } from "../dialled.js";
import { methods } from "../method.js";
import { invalidAnswer } from "../server-error.js";
import { askOffered, completions as offer } from "./offered.js";
import { asRefusedInput } from "./prompts.js";

/** Throws `NOT_SUPPORTED`, or `INVALID_INPUT` if the server does not know the prompt, the template or the argument. */
export async function complete(server: Dialled, input: CompletionInput, signal?: AbortSignal): Promise<Completion> {
  const asked = { offer, method: methods.complete, params: { ...input }, signal };
  const answer = await askOffered(server, asked).catch((error: unknown) => {
    throw asRefusedInput(server.url, error, "knows no such prompt, template or argument");
  });
  const completion = toCompletion(answer);
  if (!completion) throw invalidAnswer(server.url);
  return completion;
}
