import type { ToolInfo } from "@mcp-assistant/mcp-redis/shared";

/** What people call a tool; its `name` is what programs call it. */
export const toolTitle = ({ name, title, annotations }: ToolInfo): string => title ?? annotations?.title ?? name;
