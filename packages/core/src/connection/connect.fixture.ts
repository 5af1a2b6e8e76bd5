import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { createMcp, type Mcp, type McpOptions } from "../index.js";

export const newUser = () => `user-${randomUUID()}`;

export function appWith(hosts: readonly string[], options: Partial<McpOptions> = {}): Mcp {
  return createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:3000",
    outbound: { allowHosts: hosts },
    ...options,
  });
}

export async function serve<T extends { close(): Promise<void> }>(started: Promise<T>): Promise<T> {
  const server = await started;
  onTestFinished(server.close);
  return server;
}
