import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { HandWrittenClient, INITIALIZE, postMcp } from "./hand-written-client.fixture.js";
import { type OauthServer, startOauthServer } from "./server.js";

let server: OauthServer;
let oauthClient: HandWrittenClient;

beforeAll(async () => {
  server = await startOauthServer();
  oauthClient = await HandWrittenClient.register(server);
});

afterAll(() => server.close());

const everything = "notes:read notes:write notes:delete";

async function signIn(name: string, scope = "notes:read notes:write"): Promise<{ authorization: string }> {
  const { access_token } = await oauthClient.signIn({ name }, { scope });
  return { authorization: `Bearer ${access_token}` };
}

async function connect(headers: { authorization: string }) {
  const client = new Client({ name: "test", version: "0" });
  const transport = new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers } });
  await client.connect(transport);
  const call = async (name: string, args: Record<string, unknown>) =>
    CallToolResultSchema.parse(await client.callTool({ name, arguments: args }));
  return { client, transport, call };
}

test("notes are created, found and deleted", async () => {
  const { client, call } = await connect(await signIn("Ada", everything));
  const created = await call("create_note", { title: "Milk", body: "two bottles" });
  const { note } = z.object({ note: z.object({ id: z.string() }) }).parse(created.structuredContent);

  expect(created.structuredContent).toMatchObject({ note: { title: "Milk", body: "two bottles" } });
  expect((await call("search_notes", { query: "BOTTLES" })).structuredContent).toEqual({
    notes: [created.structuredContent?.note],
  });
  expect((await call("delete_note", { id: note.id })).structuredContent).toEqual({ deletedId: note.id });
  expect((await call("search_notes", { query: "" })).structuredContent).toEqual({ notes: [] });
  await client.close();
});

test("tools describe their input, their output and what they change", async () => {
  const { client } = await connect(await signIn("Ada"));
  const { tools } = await client.listTools();
  const hints = Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]));

  expect(hints).toMatchObject({
    create_note: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    search_notes: { readOnlyHint: true },
    delete_note: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  });
  for (const tool of tools) {
    expect(tool.description).toBeTruthy();
    expect(tool.outputSchema?.type).toBe("object");
  }
  await client.close();
});

test("deleting an unknown note or creating one without a title returns an error result", async () => {
  const { client, call } = await connect(await signIn("Ada", everything));

  expect(await call("delete_note", { id: "nope" })).toEqual({
    content: [{ type: "text", text: "There is no note with the id nope." }],
    isError: true,
  });
  expect((await call("create_note", { title: " ", body: "" })).isError).toBe(true);
  await client.close();
});

test("each user has their own notes", async () => {
  const carol = await connect(await signIn("Carol"));
  const dave = await connect(await signIn("Dave"));
  await carol.call("create_note", { title: "Carol's", body: "" });

  expect((await dave.call("search_notes", { query: "" })).structuredContent).toEqual({ notes: [] });
  await carol.client.close();
  const later = await connect(await signIn("carol"));
  expect((await later.call("search_notes", { query: "" })).structuredContent).toMatchObject({
    notes: [{ title: "Carol's" }],
  });
  await Promise.all([dave.client.close(), later.client.close()]);
});

test("only its owner can use a session, and it is gone after DELETE", async () => {
  const ada = await signIn("Ada");
  const eve = await signIn("Eve");
  const { client, transport } = await connect(ada);
  const list = { jsonrpc: "2.0", id: 7, method: "tools/list" };
  const session = { "mcp-session-id": transport.sessionId ?? "" };

  expect((await postMcp(server, list, { ...eve, ...session })).status).toBe(404);
  expect((await postMcp(server, list, { ...ada, ...session })).status).toBe(200);
  await transport.terminateSession();
  expect((await postMcp(server, list, { ...ada, ...session })).status).toBe(404);
  expect((await postMcp(server, list, { ...ada, "mcp-session-id": "unknown" })).status).toBe(404);
  expect((await postMcp(server, list, ada)).status).toBe(400);
  expect(server.requests().filter(({ method }) => method === "DELETE")).toHaveLength(1);
  await client.close();
});

test("a listening client gets its event stream", async () => {
  const ada = await signIn("Ada");
  const initialized = await postMcp(server, INITIALIZE, ada);
  const stream = await fetch(server.url, {
    headers: { ...ada, accept: "text/event-stream", "mcp-session-id": initialized.headers.get("mcp-session-id") ?? "" },
  });

  expect(stream.status).toBe(200);
  expect(stream.headers.get("content-type")).toBe("text/event-stream");
  await stream.body?.cancel();
});

test("a token without a tool's scope is refused with that scope and the ones it has", async () => {
  const reader = await signIn("Ada", "notes:read");
  const { client, transport, call } = await connect(reader);
  const write = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "create_note", arguments: {} } };
  const refused = await postMcp(server, write, { ...reader, "mcp-session-id": transport.sessionId ?? "" });

  expect(refused.status).toBe(403);
  expect(refused.headers.get("www-authenticate")).toMatch(
    /^Bearer error="insufficient_scope", resource_metadata="[^"]+", scope="notes:read notes:write"$/,
  );
  expect((await call("search_notes", { query: "" })).isError).toBeFalsy();
  await client.close();
});

test("deleting needs a scope that is not requested at first sign-in", async () => {
  const { resource_metadata = "", scope } = challengeOf(await postMcp(server, INITIALIZE, {}));
  expect(scope).toBe("notes:read notes:write");
  expect(await (await fetch(resource_metadata)).json()).toMatchObject({
    scopes_supported: ["notes:read", "notes:write"],
  });

  const writer = await signIn("Ada");
  const initialized = await postMcp(server, INITIALIZE, writer);
  const remove = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "delete_note", arguments: {} } };
  const refused = await postMcp(server, remove, {
    ...writer,
    "mcp-session-id": initialized.headers.get("mcp-session-id") ?? "",
  });
  expect(refused.status).toBe(403);
  expect(challengeOf(refused)).toMatchObject({ error: "insufficient_scope", scope: everything });
});

/** The parameters of a Bearer challenge. */
function challengeOf({ headers }: Response): Record<string, string> {
  const parameters = (headers.get("www-authenticate") ?? "").matchAll(/(\w+)="([^"]*)"/g);
  return Object.fromEntries([...parameters].map(([, name, value]) => [name, value]));
}

test("a body that is not JSON is a parse error, and a web page's request is refused", async () => {
  const broken = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{",
  });
  const page = await postMcp(server, INITIALIZE, { origin: "https://rebound.example" });

  expect(broken.status).toBe(400);
  expect(await broken.json()).toMatchObject({ error: { code: -32700 } });
  expect(page.status).toBe(403);
});

test("closing the server ends the streams of open sessions instead of cutting them", async () => {
  const closing = await startOauthServer();
  const { access_token } = await (await HandWrittenClient.register(closing)).signIn();
  const ada = { authorization: `Bearer ${access_token}` };
  const initialized = await postMcp(closing, INITIALIZE, ada);
  const session = { "mcp-session-id": initialized.headers.get("mcp-session-id") ?? "" };
  const stream = await fetch(closing.url, { headers: { ...ada, ...session, accept: "text/event-stream" } });
  await closing.close();

  expect(await stream.text()).toBe("");
});
