import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";

// What no source of ours may hold, because then nobody has to ask what a stranger could reach with it. Globals are the
// linter's, which knows a parameter that is called `fetch` from the global; a test plants some and sees it refuse them.

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The code that runs in apps and browsers, by its path from the root; comments are left out. */
const sources = new Map<string, string>();

beforeAll(async () => {
  const folders = await Promise.all(
    ["packages", "apps"].map(async (kind) => (await readdir(join(root, kind))).map((name) => `${kind}/${name}/src`)),
  );
  for (const folder of folders.flat().filter((path) => path !== "packages/testing/src")) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      const path = `${folder}/${name}`;
      if (!/\.tsx?$/.test(path) || /\.(?:test|contract|fixture)\./.test(path)) continue;
      sources.set(path, (await readFile(join(root, path), "utf8")).replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, ""));
    }
  }
  expect(sources.size).toBeGreaterThan(250);
});

/** The sources in which the pattern is found, without those that may hold it. */
function found(pattern: RegExp, { allowed = [], within = /./ }: { allowed?: readonly string[]; within?: RegExp } = {}) {
  const paths = [...sources].filter(([path, text]) => within.test(path) && pattern.test(text)).map(([path]) => path);
  return paths.filter((path) => !allowed.includes(path));
}

const imports = (names: string) => new RegExp(`(?:from|import\\(|import)\\s*["'](?:node:)?(?:${names})["'/]`);

describe("CVE-2025-6514, CVE-2026-22252, CVE-2026-30623: nothing of ours runs what is a text", () => {
  const forbidden: readonly (readonly [what: string, pattern: RegExp])[] = [
    [
      "starts a program, or loads what could",
      imports("child_process|worker_threads|cluster|repl|inspector|module|wasi"),
    ],
    ["takes up another interpreter", imports("vm")],
    ["speaks to a server over its standard input", /["'][^"']*\/stdio(?:\.js)?["']|StdioClientTransport/],
    [
      "evaluates a text",
      /(?<![.\w])eval\s*\(|\bnew\s+Function\b|(?<![.\w])Function\s*\(|\bimport\(\s*[^"'\s]|\brequire\s*\(/,
    ],
    ["reaches an evaluator by another name", /\.constructor\s*[([]|\b(?:globalThis|window|self|global)\s*\[\s*["'`]/],
    ["gives a timer a text", /\bset(?:Timeout|Interval|Immediate)\s*\(\s*["'`]/],
    [
      "makes a page of a text",
      /\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc/i,
    ],
    ["makes a page of a text in React", /dangerouslySetInnerHTML/],
    ["tells any window", /postMessage\s*\([^;]*["'`]\*["'`]/],
  ];

  const allowed = [
    // To end a check that a stranger's pattern makes endless: the one script that it runs is the same two words for all.
    "packages/core/src/tools/output-schema.ts",
  ];

  test.each(forbidden)("no source %s", (what, pattern) => {
    expect(found(pattern, what === "takes up another interpreter" ? { allowed } : {})).toEqual([]);
  });

  test.each(forbidden)("a source that %s would be seen", (what, pattern) => {
    const planted: Readonly<Record<string, string>> = {
      "starts a program, or loads what could": 'import { exec } from "node:child_process";',
      "takes up another interpreter": 'import { Script } from "node:vm";',
      "speaks to a server over its standard input": 'import { x } from "@modelcontextprotocol/client/stdio";',
      "evaluates a text": "const run = new Function(text);",
      "reaches an evaluator by another name": '[].constructor.constructor("return 1")();',
      "gives a timer a text": 'setTimeout("go()", 1);',
      "makes a page of a text": "node.innerHTML = text;",
      "makes a page of a text in React": "<p dangerouslySetInnerHTML={{ __html: text }} />",
      "tells any window": 'window.opener?.postMessage({ code }, "*");',
    };
    expect(planted[what]).toMatch(pattern);
  });
});

describe("nothing dials but the guarded fetch, and Redis's own driver", () => {
  const core = /^packages\/core\/src\/(?!outbound\/)/;

  test("core imports what opens sockets in outbound/ alone, and ioredis in storage/redis/ alone", () => {
    expect(
      found(imports("https?|http2|net|tls|dns|dns/promises|dgram|undici|ws|eventsource"), { within: core }),
    ).toEqual([]);
    expect(found(imports("ioredis"), { within: /^packages\/(?!core\/src\/storage\/redis\/)/ })).toEqual([]);
    expect(found(imports("undici"), { within: core })).toEqual([]);
  });

  test("the other packages import nothing that opens sockets", () => {
    const others = /^packages\/(?:api|protocol|react|mcp-redis)\//;
    expect(found(imports("https?|http2|net|tls|dns|dns/promises|dgram|undici|ws|ioredis"), { within: others })).toEqual(
      [],
    );
  });

  test("nobody takes the global fetch by another name", () => {
    const allowed = [
      // A browser's own, for its app's own server, where the host gives none.
      "packages/react/src/app/links.ts",
    ];
    const pattern =
      /\b(?:globalThis|window|self|global)\.(?:fetch|WebSocket|EventSource|XMLHttpRequest|navigator\.sendBeacon)/;
    expect(found(pattern, { allowed })).toEqual([]);
  });
});

describe("the linter refuses", () => {
  /** What it says of a source at this place in the repository, by its own configuration. */
  async function lint(path: string, source: string): Promise<string[]> {
    const folder = await mkdtemp(join(tmpdir(), "planted-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await Promise.all(
      ["biome.json", "biome.arrows.json", ".gitignore"].map((file) => cp(join(root, file), join(folder, file))),
    );
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), source);
    const args = ["lint", "--reporter=json", "packages"];
    const out = await new Promise<string>((resolve) => {
      execFile(join(root, "node_modules/.bin/biome"), args, { cwd: folder, timeout: 30_000 }, (_, stdout) =>
        resolve(stdout),
      );
    });
    const { diagnostics } = JSON.parse(out);
    return diagnostics.map(({ category }: { category: string }) => category);
  }

  const places = [
    "packages/core/src/server/dial.ts",
    "packages/api/src/http/sign-in/page.ts",
    "packages/protocol/src/tool.ts",
  ];

  test.each(places)("the global fetch and its like in %s, and not one that is handed in", async (path) => {
    const handed = 'export const ask = (fetch: (url: string) => Promise<Response>) => fetch("https://a.example");\n';
    expect(await lint(path, handed)).toEqual([]);
    for (const global of ['fetch("https://a.example")', 'new WebSocket("wss://a.example")', 'new EventSource("/a")']) {
      expect(await lint(path, `export const ask = () => ${global};\n`)).toEqual(["lint/style/noRestrictedGlobals"]);
    }
  });

  test.each([
    ["packages/core/src/session/move.ts", "../client/mcp-client.js"],
    ["packages/core/src/authorization/sign-in/start.ts", "../../connection/connect.js"],
    ["packages/core/src/limits.ts", "./session/move.js"],
    ["packages/core/src/session/move.ts", "@trpc/server"],
  ])("in %s an import of %s, which is above it", async (path, specifier) => {
    const categories = await lint(path, `export type { Some } from "${specifier}";\n`);
    expect(categories).toContain("lint/style/noRestrictedImports");
    expect(await lint(path, 'export type { Some } from "./some.js";\n')).not.toContain(
      "lint/style/noRestrictedImports",
    );
  });

  test("eval and raw markup anywhere", async () => {
    expect(await lint("packages/react/src/app/links.ts", 'export const run = () => eval("1");\n')).toEqual([
      "lint/security/noGlobalEval",
    ]);
    const markup =
      "export const Raw = ({ html }: { html: string }) => <p dangerouslySetInnerHTML={{ __html: html }} />;\n";
    expect(await lint("packages/react/src/raw.tsx", markup)).toContain("lint/security/noDangerouslySetInnerHtml");
  });
});
