import { createHash } from "node:crypto";

/** Markup that is safe to send unchanged. Only `html` may create it from untrusted text. */
export interface Html {
  readonly markup: string;
}

/** Creates markup. Interpolated strings are escaped; `Html` and arrays of it are inserted unchanged. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const markup = parts.map((part, index) => {
    const value = values[index];
    return value === undefined ? part : part + toMarkup(value);
  });
  return { markup: markup.join("") };
}

// Every pair of text and background below has a contrast of at least 4.5:1 in both schemes (WCAG 2.2 AA).
const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f4f4f1; --card: #ffffff; --line: #d8d8d2; --field: #7a7a74; --text: #1c1c1a; --quiet: #57574f;
  --accent: #1f5f4a; --on-accent: #ffffff; --problem: #a3261b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131412; --card: #1d1e1b; --line: #363832; --field: #8b8e84; --text: #eeeee8; --quiet: #b0b2a8;
    --accent: #8ed3b5; --on-accent: #10231b; --problem: #ffa79c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; padding: 24px 16px; display: grid; place-items: center;
  background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
}
main {
  width: 100%; max-width: 420px; padding: 28px 24px; overflow-wrap: anywhere;
  background: var(--card); border: 1px solid var(--line); border-radius: 14px;
}
h1 { margin: 0 0 12px; font-size: 22px; line-height: 1.3; }
h2 { margin: 20px 0 6px; font-size: 15px; }
p { margin: 0 0 12px; }
ul { margin: 0; padding-left: 20px; }
code { font-size: 14px; color: var(--quiet); }
label { display: block; margin: 20px 0 6px; font-weight: 600; font-size: 15px; }
input {
  width: 100%; min-height: 44px; padding: 8px 12px; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--field); border-radius: 8px;
}
button {
  width: 100%; min-height: 44px; margin-top: 12px; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--text); background: transparent; border: 1px solid var(--field); border-radius: 8px;
}
button.primary { margin-top: 24px; color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.eyebrow, .quiet { color: var(--quiet); font-size: 14px; }
.eyebrow { margin-bottom: 4px; }
.quiet { margin: 6px 0 0; }
.problem { margin: 6px 0 0; color: var(--problem); font-size: 14px; }
`;

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/**
 * The headers of every page: no scripts, no frames, no caching. There is no `form-action`, because browsers also apply
 * it to the redirects after a form, and those lead to the client's redirect URI.
 */
export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`,
};

export function renderPage(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.markup;
}

/** The page for a sign-in that cannot continue, because the client made a mistake or the page is too old. */
export function renderProblemPage(description: string): string {
  const title = "This sign-in cannot continue";
  return renderPage(
    title,
    html`<p class="eyebrow">Demo notes</p>
<h1>${title}</h1>
<p>${description}</p>
<p>Close this page, and connect again from the application that you came from.</p>`,
  );
}

function toMarkup(value: string | Html | readonly Html[]): string {
  if (typeof value === "string") return escapeHtml(value);
  if ("markup" in value) return value.markup;
  return value.map(({ markup }) => markup).join("");
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
