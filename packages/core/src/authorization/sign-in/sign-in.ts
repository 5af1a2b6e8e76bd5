import type { Connection, McpConnectionState } from "@mcp-assistant/protocol";

export interface StartOptions {
  /** A path of the app, kept with the attempt for the page that tells how it ended. */
  returnTo?: string | null | undefined;
}

export type Started =
  /** Send the browser to `url`, with `nonce` in a cookie that the callback will see. */
  | { kind: "redirect"; url: string; attemptId: string; nonce: string }
  /** Somebody is working on the session at this moment: ask again in a second. */
  | { kind: "busy"; state: McpConnectionState };

/** What comes back from an authorization server. */
export interface Callback {
  /** The query of the redirect, as it came. */
  params: URLSearchParams;
  /** What the browser brings in the attempt's cookie. */
  nonceOf: (attemptId: string) => string | undefined;
}

/** What became of a sign-in, for the page that the user's browser ends on. */
export interface AttemptStatus {
  /** How it ended; `overtaken` by another sign-in, or by a cancel. */
  status: "open" | "taken" | "connected" | "failed" | "declined" | "overtaken";
  /** A callback is at work on it at this moment: ask again in a second. */
  finishing: boolean;
  /** Still open, but the session waits for it no longer: cancelled, signed out, or finished in another window. */
  overtaken: boolean;
  /** The path of the app that its user wants to go to afterwards, as it was given to `start`. */
  returnTo: string | null;
  connection: Connection | null;
}
