import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { holdForDelivery } from "../budgets/answer-room.js";
import { budgetUser } from "../budgets/budget-user.js";
import { Delivery } from "../budgets/delivery.js";
import { admissionOf } from "../credentials/admission.js";
import { callerGone } from "../errors.js";
import * as server from "../server/methods/tools.js";
import type { StoredSession } from "../session/session-store.js";
import type { ClientDeps } from "./client-deps.js";
import type { Links } from "./links.js";
import { ready, type SessionOfUser } from "./ready.js";
import { explained, noTool } from "./refused-call.js";
import { endStepUps } from "./tell-session.js";

/** What a client needs for its calls. */
export interface Talk {
  deps: ClientDeps;
  session: SessionOfUser;
  links: Links;
}

/** The tools as last listed, or freshly listed by the server. */
export async function listTools(talk: Talk, signal?: AbortSignal): Promise<ToolInfo[]> {
  const { deps, session } = talk;
  const stored = await ready(deps, session);
  const known = await lastListed(deps, stored, signal);
  if (known) return known;
  checkCaller(signal);
  await deps.rates.take(session.userId, "calls");
  const tools = await listAgain(talk, stored, signal);
  if (Delivery.current()) {
    holdForDelivery(budgetUser(deps.storeId, session.userId), deps.limits, Buffer.byteLength(JSON.stringify(tools)));
  }
  return tools;
}

/** Lists the server's tools now, which shows whether the session still works. */
export async function checkSession(talk: Talk): Promise<void> {
  await listAgain(talk, await ready(talk.deps, talk.session, "calls"));
}

export interface Call {
  name: string;
  args: Record<string, unknown>;
  signal: AbortSignal | undefined;
}

/** Calls a tool by its name. A tool that is not in the last list may be new on the server, so the list is renewed. */
export async function callTool(talk: Talk, { name, args, signal }: Call): Promise<ToolResult> {
  const { deps, session, links } = talk;
  const call = async (stored: StoredSession, tool: ToolInfo) => {
    const read = async () => (await lastListed(deps, stored, signal))?.find((listed) => listed.name === name);
    const result = await links
      .use(stored, (dialled) => server.callTool(dialled, tool, args, signal))
      .catch(async (error: unknown) => {
        throw await explained(talk, { call: { name, args, signal }, error, read });
      });
    if (stored.record.stepUps > 0) await endStepUps(deps.sessions, session);
    return result;
  };
  const reading = ready(deps, session, "calls");
  const readingAhead = deps.toolLists.readAhead(session);
  const stored = await reading;
  const ahead = await readingAhead;
  checkCaller(signal);
  const { record } = stored;
  const known = record.tools
    ? await deps.toolLists.find(record, record.tools.hash, name, { ahead, signal })
    : undefined;
  checkCaller(signal);
  if (known) return call(stored, known);
  const tools = await listAgain(talk, stored, signal);
  const listed = tools.find((tool) => tool.name === name);
  if (!listed) throw noTool(name, tools);
  // The session may have changed while its tools were being listed.
  return call(await ready(deps, session), listed);
}

async function lastListed(
  { toolLists, listReads }: ClientDeps,
  { record }: StoredSession,
  signal: AbortSignal | undefined,
): Promise<ToolInfo[] | undefined> {
  const { userId, tools } = record;
  return tools ? listReads.run(userId, () => toolLists.sized(record, tools.hash, signal), signal) : undefined;
}

/** Before each step: what a caller who has gone asked for is not begun. */
export function checkCaller(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw callerGone();
}

/** How often (ms) a list that stays the same is noted as listed. */
const notedMs = 60_000;

/** Lists the tools now, and keeps the list, unless its user has disconnected or signed in again meanwhile. */
export async function listAgain(
  { deps, session, links }: Talk,
  stored: StoredSession,
  signal?: AbortSignal,
): Promise<ToolInfo[]> {
  const tools = await links.use(stored, (dialled) => server.listTools(dialled, signal));
  const { sessions, toolLists } = deps;
  const { userId, sessionId } = session;
  const { record } = await sessions.read(userId, sessionId);
  const found = await toolLists.discover(record, tools);
  const { discovered, ...list } = found;
  const admission = admissionOf(stored);
  await sessions.change(userId, sessionId, (now, ms, credentials) => {
    if (now.state !== "CONNECTED" || admissionOf({ record: now, credentials }) !== admission) return undefined;
    const { hash, listedAt } = now.tools ?? {};
    // Without a text of its own, the list is the session's last one, unless another caller has just stored another.
    if (!list.toolList) return ms - (listedAt ?? 0) < notedMs ? undefined : { toolsListed: true };
    return hash === discovered.hash ? { ...list, toolsListed: true } : found;
  });
  return tools;
}
