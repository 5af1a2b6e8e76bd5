import { McpSessionError } from "@mcp-assistant/protocol";

/**
 * Throws `INVALID_INPUT` for arguments whose objects and arrays lie deeper in each other than `maxDepth`, themselves included:
 * what sends them goes down by calling itself, and would end in the middle. Arguments that hold themselves have no end.
 */
export function checkArguments(args: Readonly<Record<string, unknown>>, maxDepth: number): void {
  // Level by level, each object once: neither depth nor what is there many times costs more than there is.
  let level: ReadonlySet<object> = new Set([args]);
  for (let depth = 1; level.size > 0; depth += 1) {
    if (depth > maxDepth) throw tooDeep(maxDepth);
    const next = new Set<object>();
    for (const outer of level) {
      for (const inner of Object.values(outer)) if (typeof inner === "object" && inner !== null) next.add(inner);
    }
    level = next;
  }
}

const tooDeep = (most: number) =>
  new McpSessionError({
    code: "INVALID_INPUT",
    message: `arguments: Objects and lists lie in each other, more than ${most} levels deep`,
    hint: "Give flatter arguments. The operator of this app can raise limits.jsonDepth.",
    retryable: false,
  });
