// What the referee starts for a scenario, with the address of its server as the last argument: a user of the app who
// connects to that server, signs in as often as he is asked to, and calls every tool.
import { randomUUID } from "node:crypto";
import { Browser } from "./browser.mjs";
import { registerByHand } from "./registered.mjs";
import { sampleArguments } from "./sample-arguments.mjs";
import { takeTurn } from "./turns.mjs";

const { MCP_CONFORMANCE_SCENARIO: scenario = "", MCP_CONFORMANCE_CONTEXT: context = "{}" } = process.env;
const serverUrl = process.argv.at(-1) ?? "";

/** How long (ms) a scenario may take from the client's turn on: more than every limit of a connection. */
const scenarioTimeoutMs = 40_000;

/** How often a user who is asked to sign in again does so before he gives up. */
const patience = 3;

await takeTurn(Number(process.env.CONFORMANCE_TURNS_PORT));
setTimeout(() => {
  complain(new Error(`the scenario did not end in ${scenarioTimeoutMs} ms`));
  process.exit();
}, scenarioTimeoutMs).unref();

// Loaded only now: what a process loads is most of its work.
const { openApp } = await import("./app.mjs");
const userId = randomUUID();
await registerByHand(userId, { scenario, context: JSON.parse(context), serverUrl });
const mcp = openApp(userId);
const user = mcp.forUser(userId);
const browser = new Browser(mcp.baseUrl, { user: userId });

/** Tells the runner what the user could not do, in a line. */
function complain({ code = "ERROR", message }, tool = "") {
  process.exitCode = 1;
  console.error([`${scenario}:`, tool, code, message].filter(Boolean).join(" "));
}

/** The text of one of the app's pages. */
const textOf = (page) => /<p>([^<]*)<\/p>/.exec(page)?.[1] ?? page;

/**
 * Answers the session's id once it is connected, signing in as often as that is what is missing: a server may ask again right
 * after a sign-in, when it has changed its authorization server.
 */
async function untilConnected({ sessionId, ...answer }) {
  let { state, authUrl, error } = answer;
  // A sign-in is two steps where the user has to ask for it.
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

/** Does something on a connection; when that needs a sign-in, or one for more scope, signs in and does it again. */
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

/** Signs in for the scope that a working connection lacks, unless it no longer offers that. */
async function giveMore(sessionId, error) {
  const { authUrl } = await user.get(sessionId);
  if (!authUrl) throw error;
  await browser.open(authUrl);
}

async function callEverything(sessionId) {
  const client = user.client(sessionId);
  try {
    const tools = await asSignedIn(sessionId, () => client.listTools());
    const calls =
      JSON.parse(context).toolCalls ??
      tools.map((tool) => ({ name: tool.name, arguments: sampleArguments(tool, tools) }));
    for (const call of calls) {
      // One tool that cannot be called does not keep a user from the others.
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
