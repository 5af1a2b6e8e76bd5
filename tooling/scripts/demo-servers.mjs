import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { spawnWithLifeline } from "@mcp-assistant/testkit/processes";
import { root } from "./workspace.mjs";

async function startDemoServer({ args, ...card }) {
  const server = await spawnWithLifeline({
    command: process.execPath,
    args: [join(root, "apps/demo-servers/dist/main.js"), ...args, "--exit-with-parent"],
    // Show what a server reports, such as a broken state file.
    stderr: "inherit",
  });
  // stdout is only missing when it is inherited or written to a file.
  const stdout = /** @type {import("node:stream").Readable} */ (server.stdout);
  const [ready] = await Promise.race([once(createInterface({ input: stdout }), "line"), server.exited.then(() => [])]);
  if (ready === undefined) throw new Error(`${card.name} could not be started.`);
  const { url, hosts } = JSON.parse(ready);
  return { process: server, hosts, card: { ...card, url } };
}

/**
 * Starts both servers. Returns the process of each, the hosts that a connection to it needs, and its card for the page.
 */
export function startDemoServers(ports, { accessTokenTtl, recordRequests, stateFile }) {
  const oauth = [
    "oauth",
    "--port",
    String(ports.oauth),
    "--authorization-server-port",
    String(ports.authorizationServer),
  ];
  if (accessTokenTtl) oauth.push("--access-token-ttl", accessTokenTtl);
  if (stateFile) oauth.push("--state-file", stateFile);
  const modern = ["modern", "--port", String(ports.modern)];
  const recording = recordRequests ? ["--record-requests"] : [];
  return Promise.all([
    startDemoServer({
      args: [...oauth, ...recording],
      name: "Demo notes",
      description: "Keep, search and delete notes, after signing in.",
      signIn: true,
    }),
    startDemoServer({
      args: [...modern, ...recording],
      name: "Demo tools",
      description: "A few tools to try, without signing in.",
      signIn: false,
    }),
  ]);
}
