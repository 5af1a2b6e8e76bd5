// The client that the referee starts for each scenario, with the address of its server as the last argument. It acts as
// a user of the app who connects to that server, signs in whenever asked, and calls every tool.
import { randomUUID } from "node:crypto";
import { Browser } from "./browser.mjs";
import { registerByHand } from "./registered.mjs";
import { sampleArguments } from "./sample-arguments.mjs";
import { takeTurn } from "./turns.mjs";

const { MCP_CONFORMANCE_SCENARIO: scenario = "", MCP_CONFORMANCE_CONTEXT: context = "{}" } = process.env;
const serverUrl = process.argv.at(-1) ?? "";

/** How long (ms) a scenario may take once it is the client's turn: longer than any limit of a connection. */
const scenarioTimeoutMs = 40_000;

/** How often the user signs in again before giving up. */
const patience = 3;

await takeTurn(Number(process.env.CONFORMANCE_TURNS_PORT));
setTimeout(() => {
  complain(new Error(`the scenario did not end in ${scenarioTimeoutMs} ms`));
  process.exit();
}, scenarioTimeoutMs).unref();

// Loaded only now, because loading is most of the work of a client process.
const { openApp } = await import("./app.mjs");
const userId = randomUUID();
await registerByHand(userId, { scenario, context: JSON.parse(context), serverUrl });
const mcp = openApp(userId);
const user = mcp.forUser(userId);
const browser = new Browser(mcp.baseUrl, { user: userId });

/** Reports to the runner, in one line, what the user could not do. */
function complain({ code = "ERROR", message }, tool = "") {
  process.exitCode = 1;
  console.error([`${scenario}:`, tool, code, message].filter(Boolean).join(" "));
}

/** The text of one of the app's pages. */
const textOf = (page) => /<p>([^<]*)<\/p>/.exec(page)?.[1] ?? page;

/**
 * Signs in as often as needed and returns the session's id once it is connected. A server may ask again right after a
 * sign-in when it has changed its authorization server.
 */
async function untilConnected({ sessionId, ...answer }) {
  let { state, authUrl, error } = answer;
  // A sign-in takes two steps when the user has to request it.
  for (let left = 2 * patience; state !== "CONNECTED"; left--) {
    if (authUrl && left > 0) {
      const page = await browser.open(authUrl);
      ({ state, authUrl, error } = await user.get(sessionId));
      if (state === "AUTHENTICATING") throw new Error(`the sign-in ended with "${textOf(page)}"`);
    } else if (error?.code === "AUTHORIZATION_REQUIRED" && left > 0) {
      ({ state, authUrl, error } = await user.reconnect(sessionId));
    } else {
      throw Object.assign(new Error(`the connection is ${state}: ${error?.message}`), { code: error?.code });
    }
  }
  return sessionId;
}

/** Runs `work` on a connection. If it needs a sign-in, or more scope, signs in and runs it again. */
async function asSignedIn(sessionId, work) {
  for (let signIns = 0; ; signIns++) {
    try {
      return await work();
    } catch (error) {
      if (signIns === patience) throw error;
      if (error.code === "AUTHORIZATION_REQUIRED") {
        await untilConnected(await user.reconnect(sessionId));
      } else if (error.code === "SCOPE_REQUIRED") {
        await giveMore(sessionId, error);
      } else {
        throw error;
      }
    }
  }
}

/** Signs in for the scope that a connected server lacks, unless the sign-in is no longer offered. */
async function giveMore(sessionId, error) {
  const { authUrl } = await user.get(sessionId);
  if (!authUrl) throw error;
  await browser.open(authUrl);
}

async function callEverything(sessionId) {
  const client = user.client(sessionId);
  try {
    const { tools } = await asSignedIn(sessionId, () => client.listTools());
    const calls =
      JSON.parse(context).toolCalls ??
      tools.map((tool) => ({ name: tool.name, arguments: sampleArguments(tool, tools) }));
    for (const call of calls) {
      // A tool that fails does not stop the user from calling the others.
      await asSignedIn(sessionId, () => client.callTool(call.name, call.arguments)).catch((error) => {
        complain(error, call.name);
      });
    }
  } finally {
    await client.close();
  }
}

try {
  await callEverything(await untilConnected(await user.connect({ serverUrl })));
} catch (error) {
  complain(error);
} finally {
  await mcp.close();
}
