import { McpSessionError } from "@mcp-assistant/protocol";

/**
 * Throws `INVALID_INPUT` for arguments whose objects and arrays are nested more than `maxDepth` levels deep, counting
 * the arguments object itself as the first level. The code that serializes them is recursive and would overflow the
 * stack. Circular arguments count as infinitely deep.
 */
export function checkArguments(args: Readonly<Record<string, unknown>>, maxDepth: number): void {
  // Go level by level and visit each object once per level, so neither depth nor shared objects make this expensive.
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
    message: `arguments: Objects and lists are nested more than ${most} levels deep`,
    hint: "Use flatter arguments.",
    operatorHint: "Raise limits.jsonDepth to allow more.",
    retryable: false,
  });
