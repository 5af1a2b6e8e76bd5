"use client";

import type { ConnectOutcome, SignInWindow } from "@mcp-assistant/client";
import type { ConnectInput, Connection, McpSessionError, ReconnectInput, RenameInput } from "@mcp-assistant/protocol";
import { type UseMutationOptions, type UseMutationResult, useMutation } from "@tanstack/react-query";
import { type McpContextValue, useMcpContext } from "./mcp-context.js";

/** The options of TanStack Query's `useMutation`. An action is never repeated, and never waits for the network. */
export type ActionOptions<TData, TVariables> = Omit<
  UseMutationOptions<TData, McpSessionError, TVariables>,
  "mutationFn" | "networkMode" | "retry" | "retryDelay"
>;

/**
 * Connects to a server: call `mutate` in the click, because it opens the sign-in window. `data` is the outcome, also if
 * the server cannot be used: `data.state` is `AUTHENTICATING` (`data.authUrl` is the sign-in page, for a link beside the
 * window), `FAILED` or `CONNECTED`. An `onMutate` that takes long costs the click's permission to open a window.
 */
export function useConnect(
  options?: ActionOptions<ConnectOutcome, ConnectInput>,
): UseMutationResult<ConnectOutcome, McpSessionError, ConnectInput> {
  return useAction(useMcpContext("useConnect"), ({ actions }) => actions.connect, options);
}

/** Connects a known server again, with its stored sign-in if there is one. Call `mutate` in the click, as for a connect. */
export function useReconnect(
  options?: ActionOptions<ConnectOutcome, ReconnectInput>,
): UseMutationResult<ConnectOutcome, McpSessionError, ReconnectInput> {
  const reconnect =
    ({ actions }: McpContextValue) =>
    ({ sessionId, ...input }: ReconnectInput) =>
      actions.reconnect(sessionId, input);
  return useAction(useMcpContext("useReconnect"), reconnect, options);
}

/** `mutate(sessionId)` ends a connection, or cancels a connect and closes its sign-in window. The sign-in is kept. */
export function useDisconnect(options?: ActionOptions<void, string>): UseMutationResult<void, McpSessionError, string> {
  return useAction(useMcpContext("useDisconnect"), ({ actions }) => actions.disconnect, options);
}

/**
 * `mutate(sessionId)` erases a connection's sign-in, also at the authorization server. The connection stays in the
 * list.
 */
export function useSignOut(options?: ActionOptions<void, string>): UseMutationResult<void, McpSessionError, string> {
  return useAction(useMcpContext("useSignOut"), ({ actions }) => actions.signOut, options);
}

/** `mutate(sessionId)` erases a connection and its sign-in. */
export function useRemove(options?: ActionOptions<void, string>): UseMutationResult<void, McpSessionError, string> {
  return useAction(useMcpContext("useRemove"), ({ actions }) => actions.remove, options);
}

/** `mutate({ sessionId, serverName })` gives a connection another name. */
export function useRename(
  options?: ActionOptions<void, RenameInput>,
): UseMutationResult<void, McpSessionError, RenameInput> {
  const rename =
    ({ actions }: McpContextValue) =>
    ({ sessionId, serverName }: RenameInput) =>
      actions.rename(sessionId, serverName);
  return useAction(useMcpContext("useRename"), rename, options);
}

/**
 * Returns a function that opens the sign-in page of a connection that has an `authUrl`. Call it in the click. If the
 * browser blocks the window, show the `authUrl` as a link.
 */
export function useSignIn(): (connection: Connection) => SignInWindow {
  return useMcpContext("useSignIn").actions.signIn;
}

function useAction<TData, TVariables>(
  mcp: McpContextValue,
  choose: (mcp: McpContextValue) => (variables: TVariables) => Promise<TData>,
  options: ActionOptions<TData, TVariables> = {},
): UseMutationResult<TData, McpSessionError, TVariables> {
  const perform = choose(mcp);
  return useMutation<TData, McpSessionError, TVariables>(
    { ...options, mutationFn: (variables) => perform(variables), retry: false, networkMode: "always" },
    mcp.queryClient,
  );
}
