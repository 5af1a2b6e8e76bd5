import { html, renderPage } from "./page.js";
import { SCOPES, type Scope } from "./scopes.js";

/** What the user decides about. */
export interface ConsentRequest {
  /** Chosen by the client: shown, never trusted. */
  clientName: string;
  /** Where the browser goes next: the only thing on the page that a client cannot make up. */
  redirectUri: string;
  scopes: readonly Scope[];
  /** Whether the client will get a refresh token. */
  staysSignedIn: boolean;
}

/** A typed name that was not accepted, and why. */
export interface Retry {
  name: string;
  problem: string;
}

const DEFAULT_NAME = "Demo user";
export const MAX_NAME_LENGTH = 40;

export function renderConsentPage(request: ConsentRequest, retry?: Retry): string {
  const { clientName, redirectUri, scopes, staysSignedIn } = request;
  const problem = retry === undefined ? "" : html`<p class="problem" id="name-problem">${retry.problem}</p>`;
  const described = retry === undefined ? "name-hint" : "name-problem name-hint";

  return renderPage(
    `Allow ${clientName} to use Demo notes?`,
    html`<p class="eyebrow">Demo notes</p>
<h1>${clientName} wants access to Demo notes</h1>
<h2>It will be able to</h2>
<ul>
${scopes.map((scope) => html`<li>${SCOPES[scope]} <code>${scope}</code></li>\n`)}${
  staysSignedIn ? html`<li>Stay signed in until you sign out</li>` : ""
}
</ul>
<form method="post">
<label for="name">Sign in as</label>
<input id="name" name="name" value="${retry?.name ?? DEFAULT_NAME}" required maxlength="${String(MAX_NAME_LENGTH)}"
  autocomplete="off" aria-describedby="${described}"${retry === undefined ? "" : html` aria-invalid="true" autofocus`}>
${problem}
<p class="quiet" id="name-hint">Any name will do: this is a demo without passwords. Each name has its own notes.</p>
<button class="primary" name="decision" value="allow">Allow</button>
<button name="decision" value="deny" formnovalidate>Deny</button>
</form>
<p class="quiet">Either way, you will return to ${describeTarget(redirectUri)}.</p>`,
  );
}

/** The host of a web address, or the URI scheme of a native application, which has no host (RFC 8252 §7.1). */
function describeTarget(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri);
  return host === "" ? `the application that opens ${protocol} links` : host;
}
