import { errorStatuses, type McpErrorCode } from "./error-code.js";

export interface CatalogueEntry {
  /** The HTTP status of an answer with this error. */
  status: number;
  /** What kind of error it is, in a few words. */
  title: string;
  /** What a user can usually do. An error that knows better brings its own hint. */
  hint: string;
}

const texts: Readonly<Record<McpErrorCode, Omit<CatalogueEntry, "status">>> = {
  INVALID_INPUT: { title: "Invalid input", hint: "Correct it and try again." },
  REQUEST_REFUSED: { title: "Request refused", hint: "Open the app at its own address and try again." },
  CONFIGURATION_INVALID: { title: "App not set up correctly", hint: "Contact the people who run this app." },
  UNAUTHENTICATED: { title: "Not signed in", hint: "Sign in to the app, or reload the page." },
  USER_CHANGED: { title: "Another user is signed in", hint: "Reload the page." },
  USER_ID_INVALID: { title: "User not recognised", hint: "Contact the people who run this app." },
  SESSION_NOT_FOUND: { title: "Connection not found", hint: "Reload the page." },
  SESSION_CONFLICT: { title: "Connection already exists", hint: "Remove that connection first." },
  SESSION_UNREADABLE: { title: "Saved data unreadable", hint: "Sign in again." },
  ILLEGAL_MOVE: { title: "Internal error", hint: "This is a bug in the app. Please report it." },
  LIMIT_EXCEEDED: { title: "Limit reached", hint: "Contact the people who run this app." },
  RATE_LIMITED: { title: "Too many requests", hint: "Wait a moment, then try again." },
  STORE_UNAVAILABLE: { title: "Storage unavailable", hint: "Try again in a moment." },
  SERVER_URL_INVALID: { title: "Invalid server address", hint: "Check the server's address." },
  SERVER_URL_FORBIDDEN: { title: "Server address not allowed", hint: "Use the server's public https address." },
  SERVER_UNREACHABLE: { title: "Server unreachable", hint: "Check that the server is running, then try again." },
  SERVER_ERROR: { title: "Server error", hint: "Contact the server's provider." },
  NOT_MCP: { title: "Not an MCP server", hint: "Check the server's address." },
  CONNECT_TIMEOUT: { title: "Connecting took too long", hint: "Try again." },
  REQUEST_TIMEOUT: {
    title: "Request took too long",
    hint: "Before you try again, note that the server may have completed this request.",
  },
  NOT_CONNECTED: { title: "Not connected", hint: "Reconnect first." },
  INTERRUPTED: { title: "Connecting was interrupted", hint: "Reconnect to continue." },
  CANCELLED: { title: "Cancelled", hint: "Start again when you are ready." },
  AUTHORIZATION_REQUIRED: { title: "Sign-in required", hint: "Sign in to continue." },
  AUTHORIZATION_FAILED: {
    title: "Sign-in failed",
    hint: "Sign in again. If it keeps failing, contact the server's provider.",
  },
  SCOPE_REQUIRED: { title: "Permission required", hint: "Sign in to allow this, then try again." },
  ACCESS_DENIED: { title: "Access denied", hint: "Connect again if you change your mind." },
  HEADERS_REFUSED: { title: "Key rejected", hint: "Enter a different key." },
  INVALID_STATE: { title: "Sign-in link not valid", hint: "Return to the app and sign in from there." },
  TOOL_NOT_FOUND: { title: "Tool not found", hint: "Check the list of tools." },
  RESOURCE_NOT_FOUND: { title: "Resource not found", hint: "Check the list of resources." },
  NOT_SUPPORTED: { title: "Not supported", hint: "Use what this server offers." },
  APP_UNREACHABLE: {
    title: "App unreachable",
    hint: "The app may be restarting, or you may be offline. Try again in a moment.",
  },
  INTERNAL: {
    title: "Something went wrong",
    hint: "Try again. If it keeps happening, contact the people who run this app.",
  },
};

/** Every error code with its status, title and usual hint. Apart from the codes, so that pages without it stay small. */
export const errorCatalogue: Readonly<Record<McpErrorCode, CatalogueEntry>> = /* @__PURE__ */ Object.fromEntries(
  Object.entries(texts).map(([code, entry]) => [code, { status: errorStatuses[code as McpErrorCode], ...entry }]),
) as Record<McpErrorCode, CatalogueEntry>;
