import type { ContentBlock, PromptResult } from "@mcp-assistant/mcp-redis/shared";

/** The messages of a prompt as a plain text, each below its role. What is no text is named in brackets. */
export const messagesText = ({ messages }: PromptResult): string =>
  messages.map(({ role, content }) => `${role}:\n${blockText(content)}`).join("\n\n");

function blockText(block: ContentBlock): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "resource":
      return "text" in block.resource ? block.resource.text : `[${block.resource.uri}]`;
    case "resource_link":
      return `[${block.uri}]`;
    case "image":
    case "audio":
      return `[${block.type}: ${block.mimeType}]`;
    default:
      return JSON.stringify(block.value) ?? "";
  }
}
