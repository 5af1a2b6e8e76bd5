/**
 * The cookie that binds an attempt to the browser that started it: one per attempt, so that several sign-ins side by
 * side do not disturb each other. SameSite=Lax, because the authorization server's redirect comes from another site.
 */

/** How long (s) the browser keeps it; the attempt itself may end sooner. */
const maxAge = 600;

const isSecure = (baseUrl: string) => baseUrl.startsWith("https:");

function nameOf(attemptId: string, baseUrl: string): string {
  return `${isSecure(baseUrl) ? "__Host-" : ""}mcp_attempt_${attemptId.slice(0, 16)}`;
}

export function attemptCookie(attemptId: string, nonce: string, baseUrl: string): string {
  return serialize(nameOf(attemptId, baseUrl), nonce, maxAge, baseUrl);
}

export function expiredAttemptCookie(attemptId: string, baseUrl: string): string {
  return serialize(nameOf(attemptId, baseUrl), "", 0, baseUrl);
}

export function readAttemptCookie(request: Request, attemptId: string, baseUrl: string): string | undefined {
  const name = nameOf(attemptId, baseUrl);
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const [key, value] = pair.trim().split("=", 2);
    if (key === name) return value;
  }
  return undefined;
}

function serialize(name: string, value: string, age: number, baseUrl: string): string {
  const cookie = `${name}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax`;
  return isSecure(baseUrl) ? `${cookie}; Secure` : cookie;
}
