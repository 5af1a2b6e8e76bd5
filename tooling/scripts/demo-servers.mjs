import { join } from "node:path";
import { startProcess } from "@mcp-assistant/testkit/processes";
import { root } from "./workspace.mjs";

async function startDemoServer({ args, ...card }) {
  const server = await startProcess({
    command: process.execPath,
    args: [join(root, "apps/demo-servers/dist/main.js"), ...args, "--exit-with-parent"],
    readyLine: /^\{.*"url".*\}$/,
  });
  const { url, hosts } = JSON.parse(server.line);
  return { process: server, hosts, card: { ...card, url } };
}

/** Starts both. Each has its process, the hosts that a connection to it reaches, and the card that the page shows. */
export function startDemoServers(ports, { accessTokenTtl, recordRequests }) {
  const oauth = [
    "oauth",
    "--port",
    String(ports.oauth),
    "--authorization-server-port",
    String(ports.authorizationServer),
  ];
  if (accessTokenTtl) oauth.push("--access-token-ttl", accessTokenTtl);
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
