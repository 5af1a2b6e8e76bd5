import { isMcpSessionError, type McpErrorCode } from "@mcp-assistant/protocol";
import { type FuzzSizes, holdsForAll } from "@mcp-assistant/testing/fuzz";
import { expect, test } from "vitest";

type Values<T> = Parameters<typeof holdsForAll<T>>[1];

/** Defines a test that `check` passes for many values. */
export function holds<T>(
  sizes: FuzzSizes,
  name: string,
  values: Values<T>,
  check: (value: T) => void | Promise<void>,
): void {
  test(name, () => holdsForAll(sizes, values, check), sizes.timeLimit);
}

/** The attempt's value, or undefined after one of our errors with one of these codes and no trace of the canary. */
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
