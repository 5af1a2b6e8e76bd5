import { createServer } from "node:http";
import {
  createMcp,
  createMcpHandler,
  createSSEHandler,
  type Mcp,
  toNodeHandler,
} from "@mcp-assistant/mcp-redis/server";
import { launchChromium } from "@mcp-assistant/testkit/browser";
import { freePort } from "@mcp-assistant/testkit/ports";
import { rolldown } from "rolldown";
import { onTestFinished } from "vitest";
import { userOf } from "./auth.js";

/** A component of an example, and what it gets. */
interface Shown {
  /** Its file. */
  file: string;
  component: string;
  props: Record<string, unknown>;
  /** `createSSEHandler` serves `/api/mcp/sse` alone. Default: `createMcpHandler` serves everything below `/api/mcp`. */
  handler?: "createSSEHandler";
}

interface ShownPage {
  mcp: Mcp;
  page: Page;
  /** Waits until the page shows this line. */
  text: (line: string) => Promise<void>;
  click: (label: string) => Promise<void>;
  /** The paths and queries of what the page has asked of the app. */
  asked: string[];
}

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof launchChromium>>["newPage"]>>;

/** Shows a component in a real browser, to ada, who has a cookie and a token of the app. */
export async function showInBrowser(shown: Shown, allowHosts: readonly string[]): Promise<ShownPage> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const mcp = createMcp({
    storage: "memory",
    baseUrl: origin,
    callbackUrls: [`${origin}/oauth/callback`],
    outbound: { allowHosts },
    logger: null,
  });
  const userId = ({ headers }: Request) => {
    const [, token = ""] = /(?:^|; )session=([\w-]+)/.exec(headers.get("cookie") ?? "") ?? [];
    return userOf(headers.get("authorization") ?? `Bearer ${token}`);
  };
  const serve =
    shown.handler === "createSSEHandler"
      ? createSSEHandler({ mcp, userId })
      : toNodeHandler(createMcpHandler({ mcp, userId }));
  const script = await bundle(shown);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { url = "/" } = request;
    if (url.startsWith("/api/mcp/")) {
      asked.push(url);
      if (url === "/api/mcp/sse" || shown.handler === undefined) return void serve(request, response);
      return void response.writeHead(404).end();
    }
    if (url === "/page.js") return void response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    response.writeHead(200, { "content-type": "text/html", "set-cookie": "session=token-of-ada; HttpOnly" });
    response.end('<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const browser = await launchChromium();
  onTestFinished(async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await mcp.close();
  });
  const page = await browser.newPage();
  await page.goto(origin);
  return {
    mcp,
    page,
    text: (line) => page.getByText(line, { exact: true }).waitFor(),
    click: (label) => page.getByRole("button", { name: label, exact: true }).click(),
    asked,
  };
}

/** A page with the component alone, as strictly as React can. */
async function bundle({ file, component, props }: Shown): Promise<string> {
  const entry = "\0page";
  const source = `
    import { createElement, StrictMode } from "react";
    import { createRoot } from "react-dom/client";
    import { ${component} } from ${JSON.stringify(`${import.meta.dirname}/${file}`)};
    const shown = createElement(${component}, ${JSON.stringify(props)});
    createRoot(document.getElementById("root")).render(createElement(StrictMode, null, shown));`;
  const build = await rolldown({
    input: entry,
    cwd: import.meta.dirname,
    platform: "browser",
    plugins: [
      {
        name: "page",
        resolveId: (id, importer) => {
          if (id === entry) return id;
          // The page itself has no folder from which its packages could be found.
          return importer === entry && !id.startsWith("/") ? import.meta.resolve(id).replace("file://", "") : null;
        },
        load: (id) => (id === entry ? source : null),
      },
    ],
    transform: { define: { "process.env.NODE_ENV": '"development"' }, jsx: "react-jsx" },
    logLevel: "silent",
  });
  const { output } = await build.generate({ format: "iife", codeSplitting: false });
  await build.close();
  return output[0].code;
}
