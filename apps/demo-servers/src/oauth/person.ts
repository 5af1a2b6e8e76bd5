/** What the user does on the consent page. */
export interface Answer {
  /** Default: "allow". */
  decision?: "allow" | "deny";
  /** The name to sign in with. Default: the name that the page suggests. */
  name?: string;
}

/**
 * Acts like a user with a browser: opens an authorization URL, answers the consent page, and follows redirects until
 * one leads away from the authorization server.
 *
 * @param browser keeps its cookies between authorizations; a new one by default
 * @returns the client's redirect URI with `code` and `iss`, or with `error` and `iss`; it is not requested
 * @throws {Error} if the authorization server shows anything other than the consent page
 */
export async function answerConsentPage(
  authorizationUrl: string | URL,
  answer: Answer = {},
  browser: Browser = new Browser(),
): Promise<URL> {
  const arrival = await browser.visit(new URL(authorizationUrl));
  if (arrival.kind === "left") return arrival.url;

  const page = arrival.body;
  if (!page.includes('name="decision"')) throw new Error(`no consent page at ${arrival.url.pathname}: ${page}`);
  const proposed = page.match(/name="name" value="([^"]*)"/)?.[1] ?? "";
  const form = new URLSearchParams({ decision: answer.decision ?? "allow", name: answer.name ?? proposed });

  const departure = await browser.visit(arrival.url, form);
  if (departure.kind === "left") return departure.url;
  throw new Error(`the consent page was not accepted: ${departure.body}`);
}

type Visit = { kind: "left"; url: URL } | { kind: "page"; url: URL; body: string };

/** A minimal browser: it handles cookies and redirects as far as an authorization server needs them. */
export class Browser {
  readonly #cookies = new Map<string, { value: string; path: string }>();

  /** Opens a page, or posts a form to it, and follows redirects that stay on its origin. */
  async visit(url: URL, form?: URLSearchParams): Promise<Visit> {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { accept: "text/html", cookie: this.#cookieHeader(url.pathname) },
      ...(form === undefined ? {} : { method: "POST", body: form }),
    });
    this.#keepCookies(response.headers.getSetCookie());

    const location = response.headers.get("location");
    const body = await response.text();
    if (location === null) return { kind: "page", url, body };
    const next = new URL(location, url);
    return next.origin === url.origin ? this.visit(next) : { kind: "left", url: next };
  }

  #cookieHeader(path: string): string {
    const sent = [...this.#cookies].filter(([, cookie]) => path.startsWith(cookie.path));
    return sent.map(([name, { value }]) => `${name}=${value}`).join("; ");
  }

  #keepCookies(headers: readonly string[]): void {
    for (const header of headers) {
      const [pair = "", ...attributes] = header.split("; ");
      const separator = pair.indexOf("=");
      const path = attributes.find((attribute) => attribute.startsWith("path="))?.slice("path=".length) ?? "/";
      this.#cookies.set(pair.slice(0, separator), { value: pair.slice(separator + 1), path });
    }
  }
}
