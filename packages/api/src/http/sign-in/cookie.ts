const isSecure = (baseUrl: string) => baseUrl.startsWith("https:");

/** On https, `__Host-` keeps other subdomains from setting this cookie. */
export function cookieName(name: string, baseUrl: string): string {
  return `${isSecure(baseUrl) ? "__Host-" : ""}${name}`;
}

export interface Cookie {
  name: string;
  value: string;
}

/** The cookies of a request, in its order: browsers send the oldest first (RFC 6265 §5.4). */
export function cookiesOf(request: Request): Cookie[] {
  return (request.headers.get("cookie") ?? "").split(";").map((pair) => {
    const [name = "", value = ""] = pair.trim().split("=", 2);
    return { name, value };
  });
}

/** A cookie of the sign-in pages, with `age` in seconds. Lax, because the callback is a redirect from another site. */
export function setCookie({ name, value }: Cookie, age: number, baseUrl: string): string {
  const cookie = `${name}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax`;
  return isSecure(baseUrl) ? `${cookie}; Secure` : cookie;
}

export const expiredCookie = (name: string, baseUrl: string) => setCookie({ name, value: "" }, 0, baseUrl);
