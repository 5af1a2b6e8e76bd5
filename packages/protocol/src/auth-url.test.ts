import { expect, test } from "vitest";
import { loggedEventSchema } from "./connection-event.js";

const event = (authUrl: string) => ({
  type: "auth_required",
  sessionId: "session",
  serverId: "notes",
  at: new Date().toISOString(),
  v: 1,
  authUrl,
});

test.each(["https://app.example/api/mcp/auth/start?session=a", "http://localhost:3000/api/mcp/auth/start"])(
  "a sign-in page may be at %s",
  (url) => {
    expect(loggedEventSchema.safeParse(event(url)).success).toBe(true);
  },
);

test.each(["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "blob:https://a.example/1", "nonsense"])(
  "an event cannot make a page link to %s",
  (url) => {
    expect(loggedEventSchema.safeParse(event(url)).success).toBe(false);
  },
);
