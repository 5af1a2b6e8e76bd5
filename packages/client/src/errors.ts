import type { ErrorInfo } from "@mcp-assistant/protocol";

// What a page says when no error of the app has arrived.

export const cancelled: ErrorInfo = {
  code: "CANCELLED",
  message: "Cancelled",
  hint: "Start again when you are ready.",
  retryable: false,
};

export const unauthenticated: ErrorInfo = {
  code: "UNAUTHENTICATED",
  message: "You are not signed in to this app",
  hint: "Sign in to the app, or reload the page.",
  retryable: false,
};

export const unreachable: ErrorInfo = {
  code: "APP_UNREACHABLE",
  message: "The app cannot be reached",
  hint: "The app may be restarting, or you may be offline. Try again in a moment.",
  retryable: true,
};
