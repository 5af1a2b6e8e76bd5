import * as z from "zod";
import { iconSchema } from "./tool.js";

/** What a server says of itself (MCP `Implementation`): its own claims, made safe to show. */
export const serverInfoSchema = z.object({
  name: z.string(),
  title: z.string().exactOptional(),
  version: z.string().exactOptional(),
  /** An http(s) address. */
  websiteUrl: z.string().exactOptional(),
  /** Each `src` is an http(s) address. Loading one tells its host that the user is here. */
  icons: z.array(iconSchema).exactOptional(),
});

export type ServerInfo = z.infer<typeof serverInfoSchema>;

/** The names that `capabilities` of a connection may hold (MCP `ServerCapabilities`). A later version may add some. */
export const capabilityNames = [
  "tools",
  "tools.listChanged",
  "resources",
  "resources.listChanged",
  "resources.subscribe",
  "prompts",
  "prompts.listChanged",
  "completions",
  "logging",
] as const;
