import type { Connection, McpConnectionState } from "@mcp-assistant/protocol";

export interface StartOptions {
  /** A path of the app, kept with the attempt for the page that shows how it ended. */
  returnTo?: string | null | undefined;
  /**
   * Without a browser, the attempt has no nonce: it belongs to the user alone, and the app itself brings its callback.
   * With one by default.
   */
  browser?: boolean;
}

export type Started =
  /** Send the browser to `url`, with `nonce` in a cookie that the callback will see. */
  | { kind: "redirect"; url: string; attemptId: string; nonce: string }
  /** The session is being worked on at the moment: ask again in a second. */
  | { kind: "busy"; state: McpConnectionState };

/** The redirect from an authorization server. */
export interface Callback {
  /** The query of the redirect, unchanged. */
  params: URLSearchParams;
  /**
   * The address that the redirect came to: origin and path, as text. Behind a proxy it may be one of several. It is
   * compared with that of the sign-in before anything in `params` is believed. Null if only the query is known, which is
   * enough where issuers share a redirect URL, or promise to name themselves (RFC 9207).
   */
  cameTo: readonly string[] | null;
  /**
   * The value of an attempt's cookie, if the browser sent one. Null if the app itself brings the callback: that finishes
   * only an attempt that was started without a browser. A browser finishes one that it started, and one without a browser
   * of the same user, if it comes to the issuer's own redirect URL.
   */
  nonceOf: ((attemptId: string) => string | undefined) | null;
}

/** What became of a sign-in, for the page on which the user's browser ends up. */
export interface AttemptStatus {
  /** How it ended; `overtaken` means by another sign-in or a cancel. */
  status: "open" | "taken" | "connected" | "failed" | "declined" | "overtaken";
  /** A callback is being handled at the moment: ask again in a second. */
  finishing: boolean;
  /**
   * Still open, but the session no longer waits for it: it was cancelled, signed out, or finished in another window.
   */
  overtaken: boolean;
  /** The path of the app that the user wants to go to afterwards, as given to `start`. */
  returnTo: string | null;
  connection: Connection | null;
}
