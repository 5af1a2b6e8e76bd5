import { randomBytes } from "node:crypto";

export interface PageContent {
  status?: number;
  title: string;
  /** Plain text, escaped here. */
  text: string;
  hint?: string | undefined;
  /** For the people who run the app: closed until someone opens it. */
  operatorHint?: string | undefined;
  /** The first one is the primary action. */
  actions?: readonly { label: string; href: string }[];
  /** Seconds after which the page reloads. */
  reloadAfter?: number;
  /** Whether the window closes itself, because it is no longer needed. */
  closes?: boolean;
  /** Whether to follow the primary action if the window cannot close itself because no script opened it. */
  redirects?: boolean;
  cookies?: readonly string[];
  /** In addition to those of every page. */
  headers?: Readonly<Record<string, string>>;
}

const style = `
:root { color-scheme: light dark; --page: light-dark(#f6f7f9, #0f1218); --card: light-dark(#fff, #181c25);
  --text: light-dark(#171a21, #eef1f6); --soft: light-dark(#4b5563, #b3bccb); --line: light-dark(#d5dae2, #323947);
  --main: light-dark(#1d4ed8, #8ab4ff); --on-main: light-dark(#fff, #0f1218); }
* { box-sizing: border-box; margin: 0 }
body { min-height: 100dvh; display: grid; place-items: center; padding: 1.5rem; background: var(--page);
  color: var(--text); font: 1rem/1.55 system-ui, sans-serif }
main { width: 100%; max-width: 26rem; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem; display: grid; gap: .75rem; overflow-wrap: anywhere }
h1 { font-size: 1.25rem; line-height: 1.3 }
p, details { color: var(--soft) }
summary { cursor: pointer }
nav { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: .75rem }
a { padding: .6rem 1rem; border-radius: .6rem; border: 1px solid var(--line); color: var(--text); text-decoration: none }
a:first-child { background: var(--main); border-color: var(--main); color: var(--on-main) }
a:focus-visible { outline: 2px solid var(--main); outline-offset: 2px }`;

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? "");

/** A small page of our own. Its only script closes it, it loads nothing, and it stores nothing. */
export function page(content: PageContent): Response {
  const {
    status = 200,
    title,
    text,
    hint,
    operatorHint,
    actions = [],
    reloadAfter,
    closes,
    redirects,
    cookies = [],
    headers: own = {},
  } = content;
  const nonce = randomBytes(16).toString("base64");
  const links = actions.map(({ label, href }) => `<a href="${escapeHtml(href)}">${escapeHtml(label)}</a>`);
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
${reloadAfter === undefined ? "" : `<meta http-equiv="refresh" content="${reloadAfter}">`}
<style nonce="${nonce}">${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
${hint ? `<p>${escapeHtml(hint)}</p>` : ""}
${operatorHint ? operatorDetails(operatorHint) : ""}
${links.length > 0 ? `<nav aria-label="Next steps">${links.join("")}</nav>` : ""}
</main>
${closes ? `<script nonce="${nonce}">${closing}${redirects ? redirecting : ""}</script>` : ""}
</body>
</html>`;
  const headers = new Headers({
    ...own,
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": [
      "default-src 'none'",
      `style-src 'nonce-${nonce}'`,
      `script-src 'nonce-${nonce}'`,
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(html, { status, headers });
}

const operatorDetails = (text: string) =>
  `<details><summary>Details for the app's operator</summary><p>${escapeHtml(text)}</p></details>`;

// The delay leaves enough time to read the page.
const closing = "setTimeout(() => window.close(), 800);";
const redirecting = 'setTimeout(() => location.replace(document.querySelector("nav a").href), 1200);';

/** A redirect to a page that can be reloaded without repeating the request (RFC 9110 §15.4.4). */
export function seeOther(location: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ location });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}
