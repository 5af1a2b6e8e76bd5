import { freePortRange } from "@mcp-assistant/testkit/ports";
import { startProcess } from "@mcp-assistant/testkit/processes";
import axe from "axe-core";
import type { Page } from "playwright-core";

const startScript = new URL("../../../tooling/scripts/start.mjs", import.meta.url).pathname;

export interface App {
  /** The base URL, e.g. `http://127.0.0.1:20000`. */
  url: string;
  /** The oauth demo's MCP server, its authorization server, and the modern demo's MCP server. */
  ports: { web: number; oauth: number; authorizationServer: number; modern: number };
  /** start.mjs's own process. */
  pid: number;
  /** What start.mjs and the app have written so far. */
  output(): string;
  stop(): Promise<number>;
  kill9(): Promise<void>;
}

/** Starts what `pnpm start` starts, on free ports: in memory without `redisUrl`. */
export async function startApp({
  redisUrl,
  env,
}: {
  redisUrl?: string;
  env?: Record<string, string>;
} = {}): Promise<App> {
  const web = env?.PORT === undefined ? await freePortRange(4) : Number(env.PORT);
  const started = await startProcess({
    command: process.execPath,
    // `pnpm test` has just built everything. Building while a server runs would change its files.
    args: [startScript, ...(process.env.TEST_IS_BUILT === "1" ? ["--no-build"] : [])],
    env: { REDIS_URL: redisUrl, ...env, PORT: String(web) },
    readyLine: /^ {2}Open http/,
    readyTimeoutMs: 110_000,
  });
  const { pid, output, stop, kill9 } = started;
  return {
    url: started.line.slice("  Open ".length),
    ports: { web, oauth: web + 1, authorizationServer: web + 2, modern: web + 3 },
    pid,
    output,
    stop,
    kill9,
  };
}

/**
 * What axe-core reports against WCAG 2.2 AA and its own best practices, one line per element; empty if it finds
 * nothing.
 */
export async function axeViolations(page: Page): Promise<string[]> {
  // The script is half a megabyte, so send it once to each document.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    return (await axe.run(document, { runOnly: tags, resultTypes: ["violations"] })).violations;
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help} at ${node.target.join(" ")} ${node.failureSummary ?? ""}`),
  );
}

/** Whether the page is wider than its window. */
export function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}
