import { expect, test } from "vitest";
import { renderConsentPage } from "./consent-page.js";

const REQUEST = {
  clientName: "MCP Assistant",
  redirectUri: "http://127.0.0.1:3000/callback?secret=1",
  scopes: ["notes:read"],
  staysSignedIn: false,
} as const;

test("names the client, the scopes and the place where the browser goes next", () => {
  const page = renderConsentPage(REQUEST);

  expect(page).toContain("<h1>MCP Assistant wants access to Demo notes</h1>");
  expect(page).toContain("Search your notes");
  expect(page).not.toContain("Create notes");
  expect(page).not.toContain("Stay signed in");
  expect(page).toContain("return to 127.0.0.1:3000.");
});

test("says when the client will stay connected", () => {
  expect(renderConsentPage({ ...REQUEST, staysSignedIn: true })).toContain("Stay signed in");
});

test("shows a hostile client name as text in the title and the heading", () => {
  const page = renderConsentPage({ ...REQUEST, clientName: `</title><script>"'&` });

  expect(page).not.toContain("<script>");
  expect(page.match(/&lt;\/title&gt;&lt;script&gt;&quot;&#39;&amp;/g)).toHaveLength(2);
});

test("links a problem to its field and keeps the typed text", () => {
  const page = renderConsentPage(REQUEST, { name: `"><b>`, problem: "Enter a name." });

  expect(page).toContain('value="&quot;&gt;&lt;b&gt;"');
  expect(page).toContain('aria-describedby="name-problem name-hint" aria-invalid="true"');
  expect(page).toContain('<p class="problem" id="name-problem">Enter a name.</p>');
});

test("names the scheme of a native application, which has no host", () => {
  expect(renderConsentPage({ ...REQUEST, redirectUri: "com.example.app:/cb" })).toContain("com.example.app: links");
});
