import { isSignInPage, startPath } from "../app/sign-in-page.js";

/**
 * What a sign-in window must be able to do. `closed` is left out on purpose: it reads true while a consent page that
 * sends Cross-Origin-Opener-Policy is still open, so nothing may be concluded from it.
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

/** Whether the user's sign-in goes on in a window of its own. `blocked`: the browser would not open one. */
export type SignInWindow = "none" | "opened" | "blocked";

const features = "popup,width=560,height=720";

interface Waiting {
  popup: Popup | null;
  answered: SignInWindow | undefined;
}

/**
 * The windows in which users sign in to their servers. A browser only lets a click open one, so it opens before it is
 * known whether it is needed, at our own page "Connecting to…"; the answer sends it on or closes it.
 */
export class AuthorizationPopups {
  readonly #opener: () => Opener;
  readonly #waiting = new Map<string, Waiting>();
  /** The window in which a sign-in goes on, by its server. */
  readonly #signingIn = new Map<string, { authUrl: string; popup: Popup }>();

  /** Takes a function, because there is no `window` yet when a server renders. */
  constructor(opener: () => Opener = () => window) {
    this.#opener = opener;
  }

  /**
   * Opens the window of a server. Call it in the click, before any `await`. A second click while the first is waiting
   * gets the same window, and the first answer counts. Answers what to do once it is known whether a sign-in is wanted.
   */
  open(serverUrl: string): (authUrl: string | null) => SignInWindow {
    const waiting = this.#waiting.get(serverUrl) ?? { popup: null, answered: undefined };
    this.#waiting.set(serverUrl, waiting);
    const url = `${this.#opener().location.origin}${startPath}?server=${encodeURIComponent(hostOf(serverUrl))}`;
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

  /** Closes the window of a sign-in that was cancelled; one that has gone on to another sign-in stays. */
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

  /** One name per server, so that a second click brings the window that is there to the front. */
  #openWindow(url: string, serverUrl: string): Popup | null {
    try {
      return this.#opener().open(url, `mcp-sign-in:${serverUrl}`, features);
    } catch {
      return null;
    }
  }

  /** Our windows go to our own sign-in page and nowhere else, whatever an answer says. */
  #isOurs(authUrl: string): boolean {
    return isSignInPage(authUrl, [this.#opener().location.origin]);
  }
}

/** The host alone: the rest of a server's address may hold a key, and this goes into an address of ours. */
function hostOf(serverUrl: string): string {
  return URL.canParse(serverUrl) ? new URL(serverUrl).host : "";
}
