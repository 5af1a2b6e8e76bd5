import { parseUrl } from "@mcp-assistant/protocol";
import { defaultBasePath, isSignInPage, startPath } from "./sign-in-page.js";

/**
 * What a sign-in window must be able to do. `closed` is left out on purpose: it is true while a consent page with
 * Cross-Origin-Opener-Policy is still open, so it says nothing.
 */
interface Popup {
  readonly location: { replace(url: string): void };
  close(): void;
}

/** The part of `window` that opens one. */
export interface Opener {
  readonly location: { readonly origin: string };
  open(url: string, name: string, features: string): Popup | null;
}

/** Whether the user's sign-in continues in a window of its own. `blocked`: the browser did not open one. */
export type SignInWindow = "none" | "opened" | "blocked";

const features = "popup,width=560,height=720";

interface Waiting {
  popup: Popup | null;
  answered: SignInWindow | undefined;
}

/**
 * The windows in which users sign in to their servers. Browsers only open a window in a click, so it opens before we
 * know whether it is needed, on our own page "Connecting to…". The answer sends it on or closes it.
 */
export class AuthorizationPopups {
  readonly #basePath: string;
  readonly #opener: () => Opener;
  readonly #waiting = new Map<string, Waiting>();
  /** The window of each running sign-in, by server. */
  readonly #signingIn = new Map<string, { authUrl: string; popup: Popup }>();

  /** Takes a function, because there is no `window` while a server renders. */
  constructor(basePath = defaultBasePath, opener: () => Opener = () => window) {
    this.#basePath = basePath;
    this.#opener = opener;
  }

  /**
   * Opens the window of a server. Call it in the click, before any `await`. A second click while the first is waiting
   * gets the same window, and the first answer counts. Returns a function to call as soon as you know whether a sign-in
   * is needed.
   */
  open(serverUrl: string): (authUrl: string | null) => SignInWindow {
    const waiting = this.#waiting.get(serverUrl) ?? { popup: null, answered: undefined };
    this.#waiting.set(serverUrl, waiting);
    const page = `${this.#opener().location.origin}${startPath(this.#basePath)}`;
    const url = `${page}?server=${encodeURIComponent(hostOf(serverUrl))}`;
    waiting.popup = this.#openWindow(url, serverUrl) ?? waiting.popup;
    return (authUrl) => {
      waiting.answered ??= this.#answer(waiting.popup, serverUrl, authUrl);
      if (this.#waiting.get(serverUrl) === waiting) this.#waiting.delete(serverUrl);
      return waiting.answered;
    };
  }

  /** Opens the sign-in page itself, for a click on "Sign in". */
  signIn(serverUrl: string, authUrl: string): SignInWindow {
    const popup = this.#isOurs(authUrl) ? this.#openWindow(authUrl, serverUrl) : null;
    if (!popup) return "blocked";
    this.#signingIn.set(serverUrl, { authUrl, popup });
    return "opened";
  }

  /** Closes the window of a cancelled sign-in. A window that has moved on to another sign-in stays open. */
  close(serverUrl: string, authUrl: string): void {
    const present = this.#signingIn.get(serverUrl);
    if (present?.authUrl !== authUrl) return;
    this.#signingIn.delete(serverUrl);
    present.popup.close();
  }

  #answer(popup: Popup | null, serverUrl: string, authUrl: string | null): SignInWindow {
    if (authUrl !== null && popup && this.#isOurs(authUrl)) {
      popup.location.replace(authUrl);
      this.#signingIn.set(serverUrl, { authUrl, popup });
      return "opened";
    }
    popup?.close();
    return authUrl === null ? "none" : "blocked";
  }

  /** One name per server, so that a second click brings the existing window to the front. */
  #openWindow(url: string, serverUrl: string): Popup | null {
    try {
      return this.#opener().open(url, `mcp-sign-in:${serverUrl}`, features);
    } catch {
      return null;
    }
  }

  /** Our windows only go to our own sign-in page, whatever an answer says. */
  #isOurs(authUrl: string): boolean {
    return isSignInPage(authUrl, [this.#opener().location.origin], this.#basePath);
  }
}

/** Only the host, because this becomes part of our own address and the rest of a server's address may hold a key. */
function hostOf(serverUrl: string): string {
  return parseUrl(serverUrl)?.host ?? "";
}
