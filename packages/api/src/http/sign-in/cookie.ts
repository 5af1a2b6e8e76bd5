const isSecure = (baseUrl: string) => baseUrl.startsWith("https:");

/** With https, `__Host-` keeps other subdomains from planting a cookie of theirs. */
export function cookieName(name: string, baseUrl: string): string {
  return `${isSecure(baseUrl) ? "__Host-" : ""}${name}`;
}

export interface Cookie {
  name: string;
  value: string;
}

/** The cookies that a request brings, in its order: a browser names the oldest first (RFC 6265 §5.4). */
export function cookiesOf(request: Request): Cookie[] {
  return (request.headers.get("cookie") ?? "").split(";").map((pair) => {
    const [name = "", value = ""] = pair.trim().split("=", 2);
    return { name, value };
  });
}

/** A cookie of the sign-in pages. `age` in seconds. Lax, because an authorization server's redirect comes from another site. */
export function setCookie({ name, value }: Cookie, age: number, baseUrl: string): string {
  const cookie = `${name}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax`;
  return isSecure(baseUrl) ? `${cookie}; Secure` : cookie;
}

export const expiredCookie = (name: string, baseUrl: string) => setCookie({ name, value: "" }, 0, baseUrl);
