import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";

// Code that our sources must not contain, so that no attacker can reach it. The linter checks globals, because it can
// tell a parameter named `fetch` from the global one. A test plants some and checks that the linter refuses them.

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The code that runs in apps and browsers, without comments, by path from the root. */
const sources = new Map<string, string>();

beforeAll(async () => {
  const folders = await Promise.all(
    ["packages", "apps"].map(async (kind) => (await readdir(join(root, kind))).map((name) => `${kind}/${name}/src`)),
  );
  for (const folder of folders.flat().filter((path) => path !== "packages/testing/src")) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      const path = `${folder}/${name}`;
      if (!/\.tsx?$/.test(path) || /\.(?:test|contract|fixture)\./.test(path)) continue;
      const text = await readFile(join(root, path), "utf8");
      // Neither comments nor imports of types run.
      sources.set(path, text.replaceAll(/^(?:\s*(?:\/\/|\/?\*)|import type ).*$/gm, ""));
    }
  }
  expect(sources.size).toBeGreaterThan(250);
});

/** The sources that match the pattern, without those that are allowed to. */
function found(pattern: RegExp, { allowed = [], within = /./ }: { allowed?: readonly string[]; within?: RegExp } = {}) {
  const paths = [...sources].filter(([path, text]) => within.test(path) && pattern.test(text)).map(([path]) => path);
  return paths.filter((path) => !allowed.includes(path));
}

const imports = (names: string) => new RegExp(`(?:from|import\\(|import)\\s*["'](?:node:)?(?:${names})["'/]`);

describe("CVE-2025-6514, CVE-2026-22252, CVE-2026-30623: our code never runs a text", () => {
  const forbidden: readonly (readonly [what: string, pattern: RegExp])[] = [
    [
      "starts a program, or loads a module that can",
      imports("child_process|worker_threads|cluster|repl|inspector|module|wasi"),
    ],
    ["uses another interpreter", imports("vm")],
    ["talks to a server over its standard input", /["'][^"']*\/stdio(?:\.js)?["']|StdioClientTransport/],
    [
      "evaluates a text",
      /(?<![.\w])eval\s*\(|\bnew\s+Function\b|(?<![.\w])Function\s*\(|\bimport\(\s*[^"'\s]|\brequire\s*\(/,
    ],
    [
      "reaches an evaluator under another name",
      /\.constructor\s*[([]|\b(?:globalThis|window|self|global)\s*\[\s*["'`]/,
    ],
    ["passes a text to a timer", /\bset(?:Timeout|Interval|Immediate)\s*\(\s*["'`]/],
    [
      "makes a page of a text",
      /\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc/i,
    ],
    ["makes a page of a text in React", /dangerouslySetInnerHTML/],
    ["sends a message to any window", /postMessage\s*\([^;]*["'`]\*["'`]/],
  ];

  const allowed = [
    // It stops a check that a server's pattern would make endless. The script that it runs is a constant.
    "packages/core/src/tools/output-schema.ts",
  ];

  test.each(forbidden)("no source %s", (what, pattern) => {
    expect(found(pattern, what === "uses another interpreter" ? { allowed } : {})).toEqual([]);
  });

  test.each(forbidden)("a source that %s would be found", (what, pattern) => {
    const planted: Readonly<Record<string, string>> = {
      "starts a program, or loads a module that can": 'import { exec } from "node:child_process";',
      "uses another interpreter": 'import { Script } from "node:vm";',
      "talks to a server over its standard input": 'import { x } from "@modelcontextprotocol/client/stdio";',
      "evaluates a text": "const run = new Function(text);",
      "reaches an evaluator under another name": '[].constructor.constructor("return 1")();',
      "passes a text to a timer": 'setTimeout("go()", 1);',
      "makes a page of a text": "node.innerHTML = text;",
      "makes a page of a text in React": "<p dangerouslySetInnerHTML={{ __html: text }} />",
      "sends a message to any window": 'window.opener?.postMessage({ code }, "*");',
    };
    expect(planted[what]).toMatch(pattern);
  });
});

test("no package asks URL.canParse, which Node.js 20 answers wrongly for Latin-1 letters once it is optimized", () => {
  expect(found(/\bcanParse\(/, { within: /^packages\// })).toEqual([]);
});

describe("only the guarded fetch and the Redis driver open connections", () => {
  const core = /^packages\/core\/src\/(?!outbound\/)/;

  test("core imports modules that open sockets only in outbound/, and ioredis only in storage/redis/", () => {
    expect(
      found(imports("https?|http2|net|tls|dns|dns/promises|dgram|undici|ws|eventsource"), { within: core }),
    ).toEqual([]);
    expect(found(imports("ioredis"), { within: /^packages\/(?!core\/src\/storage\/redis\/)/ })).toEqual([]);
    expect(found(imports("undici"), { within: core })).toEqual([]);
  });

  test("the other packages import no modules that open sockets", () => {
    const others = /^packages\/(?:api|protocol|client|react|mcp-redis)\//;
    expect(found(imports("https?|http2|net|tls|dns|dns/promises|dgram|undici|ws|ioredis"), { within: others })).toEqual(
      [],
    );
  });

  test("no source uses the global fetch under another name", () => {
    const allowed = [
      // It uses the browser's own, for the app's own server, when the host app passes none.
      "packages/client/src/backend/links.ts",
    ];
    const pattern =
      /\b(?:globalThis|window|self|global)\.(?:fetch|WebSocket|EventSource|XMLHttpRequest|navigator\.sendBeacon)/;
    expect(found(pattern, { allowed })).toEqual([]);
  });
});

describe("the linter refuses", () => {
  /** The linter's findings for a source at this path, with the repository's configuration. */
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

  test.each(places)("the global fetch and similar globals in %s, but not one passed as a parameter", async (path) => {
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
  ])("in %s, an import of %s, which is above it", async (path, specifier) => {
    const categories = await lint(path, `export type { Some } from "${specifier}";\n`);
    expect(categories).toContain("lint/style/noRestrictedImports");
    expect(await lint(path, 'export type { Some } from "./some.js";\n')).not.toContain(
      "lint/style/noRestrictedImports",
    );
  });

  test("eval and raw markup anywhere", async () => {
    expect(await lint("packages/client/src/backend/links.ts", 'export const run = () => eval("1");\n')).toEqual([
      "lint/security/noGlobalEval",
    ]);
    const markup =
      "export const Raw = ({ html }: { html: string }) => <p dangerouslySetInnerHTML={{ __html: html }} />;\n";
    expect(await lint("packages/react/src/raw.tsx", markup)).toContain("lint/security/noDangerouslySetInnerHtml");
  });
});
