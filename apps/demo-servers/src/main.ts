import { type Command, parseCommandLine, USAGE } from "./command-line.js";
import type { DemoServer } from "./demo-server.js";
import { PortTakenError } from "./loopback-listener.js";
import { startModernServer } from "./modern/server.js";
import { startOauthServer } from "./oauth/server.js";

const command = parseCommandLine(process.argv.slice(2));

if (command === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  await run(command);
}

async function run(command: Command): Promise<void> {
  try {
    const server = await start(command);
    stopWhenAsked(server, command.exitWithParent);
    console.log(JSON.stringify({ name: command.name, url: server.url, hosts: server.hosts }));
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error;
    console.error(`${error.message}. Stop the program that uses it, or choose another port.`);
    process.exitCode = 1;
  }
}

function start(command: Command): Promise<DemoServer> {
  const { port, recordRequests: serveRequestLog } = command;
  if (command.name === "modern") return startModernServer({ port, serveRequestLog });
  const { authorizationServerPort, accessTokenTtl, stateFile } = command;
  return startOauthServer({ port, authorizationServerPort, accessTokenTtl, serveRequestLog, stateFile });
}

function stopWhenAsked(server: DemoServer, exitWithParent: boolean): void {
  const stop = () => {
    void server.close().finally(() => process.exit(0));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  if (exitWithParent) process.stdin.once("close", stop).resume();
}
