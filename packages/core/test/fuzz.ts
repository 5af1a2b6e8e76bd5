import { isMcpSessionError, type McpErrorCode } from "@mcp-assistant/protocol";
import { type FuzzSizes, holdsForAll } from "@mcp-assistant/testing/fuzz";
import { expect, test } from "vitest";

type Values<T> = Parameters<typeof holdsForAll<T>>[1];

/** A test that a check passes for so many values. */
export function holds<T>(
  sizes: FuzzSizes,
  name: string,
  values: Values<T>,
  check: (value: T) => void | Promise<void>,
): void {
  test(name, () => holdsForAll(sizes, values, check), sizes.timeLimit);
}

/** What comes of it: a value, or one of our errors with one of these codes and without the canary anywhere in it. */
export async function refusedWith<T>(
  codes: readonly McpErrorCode[],
  attempt: () => T | Promise<T>,
  canary = "canary-5f0c2d",
): Promise<T | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (!isMcpSessionError(error)) throw error;
    expect(codes).toContain(error.code);
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(canary);
    expect(error.message.length + error.hint.length).toBeLessThan(1_500);
    return undefined;
  }
}
