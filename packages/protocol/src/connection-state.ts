import * as z from "zod";

/** Every state a connection can be in. CONNECTED means usable: the server's tools have been listed. */
export const connectionStateSchema = z.enum([
  "DISCONNECTED",
  "CONNECTING",
  "AUTHENTICATING",
  "AUTHENTICATED",
  "DISCOVERING",
  "CONNECTED",
  "VALIDATING",
  "RECONNECTING",
  "FAILED",
]);

export type McpConnectionState = z.infer<typeof connectionStateSchema>;

/** A state that a process is working to leave. It carries a lease, and ends automatically unless that is renewed. */
export type TransitionalState = Exclude<McpConnectionState, "DISCONNECTED" | "CONNECTED" | "FAILED">;

const always: readonly McpConnectionState[] = ["AUTHENTICATED", "DISCONNECTED", "FAILED"];

const moves: Readonly<Record<McpConnectionState, readonly McpConnectionState[]>> = {
  DISCONNECTED: ["CONNECTING", "RECONNECTING", "AUTHENTICATING"],
  FAILED: ["CONNECTING", "RECONNECTING", "AUTHENTICATING"],
  CONNECTING: ["AUTHENTICATING", "DISCOVERING"],
  // A process that has no room for a reconnect leaves the connection as it was.
  RECONNECTING: ["AUTHENTICATING", "DISCOVERING", "CONNECTED"],
  AUTHENTICATING: [],
  AUTHENTICATED: ["DISCOVERING"],
  DISCOVERING: ["AUTHENTICATING", "CONNECTED"],
  CONNECTED: ["VALIDATING", "RECONNECTING"],
  VALIDATING: ["CONNECTED", "RECONNECTING"],
};

/** Whether a connection may move from one state to another. Staying in a state is always legal. */
export function canMove(from: McpConnectionState, to: McpConnectionState): boolean {
  return from === to || always.includes(to) || moves[from].includes(to);
}

/** Whether the server's tools can be used. While a connection is VALIDATING, a call waits until that is over. */
export function isConnected(state: McpConnectionState): boolean {
  return state === "CONNECTED" || state === "VALIDATING";
}

/** Whether a process must be working on a connection in this state. */
export function isTransitional(state: McpConnectionState): state is TransitionalState {
  return state !== "DISCONNECTED" && state !== "CONNECTED" && state !== "FAILED";
}
