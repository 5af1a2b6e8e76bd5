import * as z from "zod";
import { ofList } from "./listed.js";
import { iconsSchema, lenient, metaSchema } from "./tool.js";
import { contentBlockSchema } from "./tool-result.js";

const argumentSchema = z.object({
  name: z.string(),
  title: lenient(z.string()),
  description: lenient(z.string()),
  required: lenient(z.boolean()),
});

const isArgument = (value: unknown) => argumentSchema.safeParse(value).success;

/** A prompt as its server describes it (MCP `Prompt`). What describes it is the server's claim. */
export const promptInfoSchema = z.object({
  name: z.string(),
  title: lenient(z.string()),
  description: lenient(z.string()),
  /** A malformed one does not hide the others. */
  arguments: lenient(
    z
      .array(z.unknown())
      .transform((list) => list.filter(isArgument))
      .pipe(z.array(argumentSchema)),
  ),
  icons: lenient(iconsSchema),
  _meta: lenient(metaSchema),
});
export type PromptInfo = z.infer<typeof promptInfoSchema>;

/** The answer to a list of prompts. */
export const listedPromptsSchema = z.object({ prompts: z.array(promptInfoSchema), ...ofList });
export type ListedPrompts = z.infer<typeof listedPromptsSchema>;

/** A prompt with its arguments filled in (MCP `GetPromptResult`). */
export const promptResultSchema = z.object({
  description: lenient(z.string()),
  messages: z.array(z.object({ role: z.enum(["user", "assistant"]), content: contentBlockSchema })),
  _meta: lenient(metaSchema),
});
export type PromptResult = z.infer<typeof promptResultSchema>;
