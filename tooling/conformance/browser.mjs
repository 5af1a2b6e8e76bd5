import { setTimeout as pause } from "node:timers/promises";

/** The maximum number of pages in a sign-in, including redirects and reloads. */
const maxPages = 30;

/**
 * A minimal browser for sign-ins: it follows redirects, keeps the app's cookies, and reloads a page that asks for it.
 * The referee's authorization servers consent without asking.
 */
export class Browser {
  #appOrigin;
  #cookies;

  constructor(appOrigin, cookies) {
    this.#appOrigin = appOrigin;
    this.#cookies = new Map(Object.entries(cookies));
  }

  /** Opens an address and returns the text of the page where it ends. */
  async open(address) {
    let url = new URL(address);
    for (let pages = 0; pages < maxPages; pages++) {
      const response = await fetch(url, { redirect: "manual", headers: this.#headersFor(url) });
      const text = await response.text();
      this.#keepCookies(url, response);
      const location = response.headers.get("location");
      if (location) url = new URL(location, url);
      else if (text.includes('http-equiv="refresh"')) await pause(1_000);
      else return text;
    }
    throw new Error(`${new URL(address).origin} goes round in circles`);
  }

  #headersFor({ origin }) {
    if (origin !== this.#appOrigin) return {};
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  }

  #keepCookies({ origin }, { headers }) {
    if (origin !== this.#appOrigin) return;
    for (const cookie of headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value) this.#cookies.set(name, value);
      else this.#cookies.delete(name);
    }
  }
}
