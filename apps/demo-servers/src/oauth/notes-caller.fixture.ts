import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import * as z from "zod";
import type { Tokens } from "./hand-written-client.fixture.js";

interface NotesServer {
  url: string;
}

type Token = Pick<Tokens, "access_token">;

const foundSchema = z.object({ structuredContent: z.object({ notes: z.array(z.object({ title: z.string() })) }) });

export async function createNote(server: NotesServer, token: Token, title: string): Promise<void> {
  await callOnce(server, token, "create_note", { title, body: "" });
}

/** The titles of all notes of the token's user, newest first. */
export async function searchNotes(server: NotesServer, token: Token): Promise<string[]> {
  const found = foundSchema.parse(await callOnce(server, token, "search_notes", { query: "" }));
  return found.structuredContent.notes.map(({ title }) => title);
}

/** Calls one tool in its own session. */
async function callOnce({ url }: NotesServer, { access_token }: Token, name: string, args: Record<string, unknown>) {
  const client = new Client({ name: "test", version: "0" });
  const headers = { authorization: `Bearer ${access_token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  try {
    return await client.callTool({ name, arguments: args });
  } finally {
    await client.close();
  }
}
