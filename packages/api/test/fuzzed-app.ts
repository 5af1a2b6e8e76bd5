import { createMcp } from "@mcp-assistant/core";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { isMcpSessionError, parseErrorInfo } from "@mcp-assistant/protocol";
import { expect } from "vitest";
import { createMcpHandler } from "../src/index.js";

const origin = "http://127.0.0.1:9";

/** The users who send requests. The owner sends none, so nothing of theirs may change. */
export const askers = ["stranger", "another", ""] as const;

export interface Asked {
  asker: (typeof askers)[number];
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | undefined;
}

/** What an answer must not contain: a stack, a path of this machine, or the texts of an engine or a library. */
export const innards =
  /\n\s+at |node_modules|\/(?:packages|tmp|src|dist)\/|node:|(?:Type|Range|Syntax|Zod|Reply|URI|Reference)Error|ERR_[A-Z]|EVAL|Invalid URL|is not (?:a function|iterable)|Cannot (?:read|set|convert)|Unexpected (?:token|end)|JSON at position|\bECONN/;

/** An app in this process whose owner has a working connection and one that waits for its sign-in. */
export async function openFuzzedApp() {
  const [modern, notes] = await Promise.all([startModernServer(), startOauthServer()]);
  const unexpected: unknown[] = [];
  const mcp = createMcp({
    storage: "memory",
    baseUrl: origin,
    outbound: { allowHosts: [...modern.hosts, ...notes.hosts] },
    limits: { connectsPerMinute: 60_000, signInsPerMinute: 60_000, callsPerMinute: 60_000, streamsPerMinute: 60_000 },
    logger: (event) => void (event.level === "error" && unexpected.push(event)),
  });
  const userOf = ({ headers }: Request) => /(?:^|; )user=(\w+)/.exec(headers.get("cookie") ?? "")?.[1] ?? null;
  const handler = createMcpHandler({ mcp, userId: userOf });
  const works = await mcp.forUser("owner").connect({ serverUrl: modern.url, serverName: "Owner's tools" });
  const waits = await mcp.forUser("owner").connect({ serverUrl: notes.url, serverName: "Owner's notes" });
  const own = await mcp.forUser("stranger").connect({ serverUrl: modern.url, serverName: "A stranger's tools" });
  const started = await mcp.forUser("owner").authorization.start(waits.sessionId);
  if (started.kind === "busy") throw new Error("There is no attempt");
  const state = new URL(started.url).searchParams.get("state") ?? "";
  const { attemptId } = started;
  const before = JSON.stringify(await mcp.forUser("owner").list());

  async function ask({ asker, method, path, headers = {}, body }: Asked): Promise<void> {
    const cookie = [asker && `user=${asker}`, headers.cookie].filter(Boolean).join("; ");
    const request = new Request(new URL(path, origin), { method, headers: { ...headers, cookie }, body: body ?? null });
    const handle = method === "POST" ? handler.POST : method === "DELETE" ? handler.DELETE : handler.GET;
    unexpected.length = 0;
    const response = await handle(request);
    const text = await readSome(response);
    expect(response.status, text).toBeLessThan(500);
    expect(`${[...response.headers].join("\n")}\n${text}`).not.toMatch(innards);
    if (asker !== "stranger") expect(text).not.toContain(own.sessionId);
    for (const of of [works, waits]) {
      const repeated = path.includes(of.sessionId) || headers.cookie?.includes(of.sessionId);
      if (!repeated) expect(text).not.toContain(of.sessionId);
    }
    expect(text).not.toContain("Owner's");
    const location = response.headers.get("location");
    if (location !== null) expect([origin, new URL(notes.issuer).origin]).toContain(new URL(location).origin);
    if (request.method === "HEAD") expect(text).toBe("");
    expectTypedErrors(response, text);
    expect(unexpected).toEqual([]);
    expect(JSON.stringify(await mcp.forUser("owner").list())).toBe(before);
  }

  return {
    ask,
    known: {
      modernUrl: modern.url,
      iss: notes.issuer,
      state,
      attemptId,
      ownSession: own.sessionId,
      ownerSession: works.sessionId,
      waitingSession: waits.sessionId,
    },
    close: async () => {
      await mcp.close();
      await Promise.all([modern.close(), notes.close()]);
    },
  };
}

/** An answer's text, or the beginning of an event stream. */
async function readSome(response: Response): Promise<string> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return response.text();
  const reader = response.body?.getReader();
  let text = "";
  // Our own `retry:` comes first, then a snapshot, the missed events or an error.
  while (reader && !/^(?:data|event):/m.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += new TextDecoder().decode(value);
  }
  await reader?.cancel();
  return text;
}

/** Every refusal of a procedure carries one of our own errors. */
function expectTypedErrors({ headers, status }: Response, text: string): void {
  if (!headers.get("content-type")?.startsWith("application/json") || status < 300 || text === "") return;
  for (const answer of [JSON.parse(text)].flat()) {
    if (!("error" in answer)) continue;
    // Outside tRPC, the error itself is ours.
    const info = parseErrorInfo(answer.error.data?.mcp ?? answer.error);
    expect(info, text).toBeDefined();
    expect(answer.error.message).toBe(info?.message);
    expect(isMcpSessionError(answer.error)).toBe(false);
  }
}

/** Whether connecting to it would need a name server: tests may only talk to this machine. */
export function leavesThisMachine(input: unknown): boolean {
  const given = typeof input === "object" && input !== null && "serverUrl" in input ? input.serverUrl : "";
  const url = typeof given === "string" ? given.trim() : "";
  return (
    URL.canParse(url) &&
    /^https?:$/.test(new URL(url).protocol) &&
    !/^(?:localhost|[\d.]+|\[.*\])$/.test(new URL(url).hostname)
  );
}
