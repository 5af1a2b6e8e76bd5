// Does to the letter what the README and docs/vite-express.md tell a newcomer, in new apps outside this repository. The
// files are the code blocks of these pages, and differ only in ports and in the address of the MCP server to connect to.
// It needs a package registry.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { packArchive } from "@mcp-assistant/pack";
import { launchChromium } from "@mcp-assistant/testkit/browser";
import { freePort } from "@mcp-assistant/testkit/ports";
import { startProcess } from "@mcp-assistant/testkit/processes";
import { authFile, filesOf, installedBy, readmeFiles } from "@mcp-assistant/testkit/readme";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Files, freshNext, freshVite, makeApp, stopTimeout, terminal, write } from "./fresh-app.fixture.js";

const timeout = 600_000;
/** Development servers compile a page when it is first opened. */
const slowly = 120_000;

let root: string;
let archive: string;
let notes: Awaited<ReturnType<typeof startOauthServer>>;
let browser: Awaited<ReturnType<typeof launchChromium>>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "newcomer-"));
  notes = await startOauthServer();
  browser = await launchChromium();
  archive = await packArchive(join(root, "package"));
}, timeout);
afterAll(async () => {
  await Promise.all([browser?.close(), notes?.close()]);
  if (root) await rm(root, { recursive: true, force: true });
}, timeout);

const linesOf = (code = "") => code.split("\n").filter((line) => line.trim() !== "" && !/^\s*\/\//.test(line));

/** Prints what a newcomer writes, and expects it to be short: 15 lines at most for the server, and for the page. */
function expectFewLines(app: string, files: Files, parts: { server: string[]; page: string[] }): void {
  for (const [part, paths] of Object.entries(parts)) {
    const lines = paths.map((path) => ({ path, lines: linesOf(files[path]) }));
    const count = lines.reduce((sum, file) => sum + file.lines.length, 0);
    const printed = lines.map((file) => `  // ${file.path}\n${file.lines.map((line) => `  ${line}`).join("\n")}`);
    console.log(`${app}, ${part}: ${count} lines\n${printed.join("\n")}`);
    expect(count).toBeGreaterThan(0);
    expect(count, `lines of the ${part}`).toBeLessThanOrEqual(15);
  }
}

/** The files with other texts in them. A text that no file contains is an error. */
function withTexts(files: Files, texts: Record<string, string>): Files {
  let all = Object.entries(files);
  for (const [from, to] of Object.entries(texts)) {
    expect(JSON.stringify(all), "what the page tells its reader").toContain(from);
    all = all.map(([path, text]) => [path, text.replaceAll(from, to)]);
  }
  return Object.fromEntries(all);
}

/** Starts a program of an app as its script or the docs say. `args[0]` is a file of the app's folder. */
function start(folder: string, args: string[], readyLine?: RegExp) {
  return startProcess({
    command: process.execPath,
    args,
    cwd: folder,
    env: terminal as Record<string, string>,
    ...(readyLine ? { readyLine, readyTimeoutMs: slowly } : {}),
  });
}

/** Does in a browser what a user does: connects, allows it, and sees the server's tools. Then the page calls one. */
async function connectAndCall(origin: string): Promise<void> {
  const page = await browser.newPage();
  page.setDefaultTimeout(slowly);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("dialog", (dialog) => {
    errors.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(origin);
  await page.getByText("Connect live").waitFor();
  const opens = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Connect" }).click();
  const popup = await opens;
  await page.getByText(/: AUTHENTICATING/).waitFor();
  await page.getByRole("link", { name: "Sign in" }).waitFor();
  const closes = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Allow" }).click({ timeout: slowly });
  await closes;
  await page.getByText(/: CONNECTED\s+create_note search_notes delete_note/).waitFor();
  const title = `A note from ${origin}`;
  const called = await page.evaluate(async (note) => {
    const { connections } = JSON.parse(await (await fetch("/api/mcp/connections")).text());
    const { sessionId } = connections[0];
    const body = JSON.stringify({ sessionId, name: "create_note", arguments: { title: note, body: "" } });
    const headers = { "content-type": "application/json" };
    return (await fetch("/api/mcp/tool/call", { method: "POST", headers, body })).json();
  }, title);
  expect(JSON.stringify(called)).toContain(`Created the note \\"${title}\\"`);
  expect(errors).toEqual([]);
  await page.close();
}

/** A page that uses server code in the browser, which a bundler must refuse. */
const wrongPage = {
  "app/wrong/page.tsx": 'export { Search as default } from "./search";\n',
  "app/wrong/search.tsx": `"use client";
import { createMcp } from "@mcp-assistant/mcp-redis/server";

export const Search = () => <p>{typeof createMcp}</p>;
`,
};

/** A page and a route that import every code block of the docs. The build bundles those of the server, and runs none. */
function everyBlock(): Files {
  const pathsIn = (...folders: string[]) =>
    Object.keys(readmeFiles)
      .filter((path) => folders.includes(path.split("/")[0] ?? ""))
      .map((path) => `"@/${path.replace(/\.tsx?$/, "")}"`);
  const inBrowser = pathsIn("components", "client").map((path) => `import ${path};\n`);
  const onServer = pathsIn("server").map((path) => `  () => import(${path}),\n`);
  expect(inBrowser.length + onServer.length, "folders of code blocks").toBe(
    Object.keys(readmeFiles).filter((path) => !path.startsWith("app/")).length,
  );
  return {
    ...readmeFiles,
    "server/auth.ts": authFile,
    "app/all/page.tsx": `"use client";\n${inBrowser.join("")}\nexport default function Page() {\n  return <p>All</p>;\n}\n`,
    "app/all/api/route.ts": `const all = [\n${onServer.join("")}];\n\nexport const GET = () => new Response(String(all.length));\n`,
  };
}

test.concurrent("the README's three files are a Next.js app whose user signs in to a server", {
  timeout,
}, async (test) => {
  const files = filesOf("README.md");
  expectFewLines("Next.js", files, {
    server: ["server/mcp.ts", "app/api/mcp/[...mcp]/route.ts"],
    page: ["app/page.tsx"],
  });
  const folder = join(root, "next");
  await makeApp(folder, freshNext, {
    packages: installedBy("README.md"),
    archive,
    onTestFinished: test.onTestFinished,
  });
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const own = withTexts(files, {
    "http://127.0.0.1:3001/mcp": notes.url,
    "127.0.0.1:3001": notes.hosts.join(),
    "http://localhost:3000": origin,
  });
  await write(folder, own);
  const next = "node_modules/next/dist/bin/next";
  const dev = await start(folder, [next, "dev", "-p", String(port)], /Ready in/);
  test.onTestFinished(async () => void (await dev.stop()), stopTimeout);
  await connectAndCall(origin);

  await write(folder, wrongPage);
  // It takes a moment until the development server knows a new page.
  await test.expect.poll(async () => (await fetch(`${origin}/wrong`)).status, { timeout: slowly }).toBe(500);
  expect(dev.output()).toMatch(/search\.tsx:2:[\s\S]*server-is-not-for-browsers/);
  await dev.stop();
  // The development server's types name the page, so they go with it.
  for (const path of ["app/wrong", ".next"]) await rm(join(folder, path), { recursive: true });

  await write(folder, { ...everyBlock(), ...own });
  const build = await start(folder, [next, "build"]);
  test.onTestFinished(async () => void (await build.stop()), stopTimeout);
  expect(await build.exited, build.output()).toBe(0);
});

test.concurrent("the files of docs/vite-express.md are such an app with Vite and Express", {
  timeout,
}, async (test) => {
  const files = filesOf("docs/vite-express.md");
  expectFewLines("Vite and Express", files, { server: ["server.js", "vite.config.ts"], page: ["src/App.tsx"] });
  const folder = join(root, "vite");
  await makeApp(folder, freshVite, {
    packages: installedBy("docs/vite-express.md"),
    archive,
    onTestFinished: test.onTestFinished,
  });
  const [port, vitePort] = [await freePort(), await freePort()];
  const origin = `http://localhost:${vitePort}`;
  const own = withTexts(files, {
    "http://127.0.0.1:3001/mcp": notes.url,
    "127.0.0.1:3001": notes.hosts.join(),
    "http://localhost:5173": origin,
    "127.0.0.1:4000": `127.0.0.1:${port}`,
    "listen(4000,": `listen(${port},`,
  });
  await write(folder, own);
  const server = await start(folder, ["--env-file=server.env", "server.js"]);
  test.onTestFinished(async () => void (await server.stop()), stopTimeout);
  const vite = await start(folder, ["node_modules/vite/bin/vite.js", "--port", String(vitePort)], /ready in/);
  test.onTestFinished(async () => void (await vite.stop()), stopTimeout);
  await connectAndCall(origin);
});

test("the page is the same in both", () => {
  const asApp = (code = "") => code.replace('"use client";\n', "").replace("function Page()", "function App()");
  expect(filesOf("docs/vite-express.md")["src/App.tsx"]).toBe(asApp(filesOf("README.md")["app/page.tsx"]));
});
