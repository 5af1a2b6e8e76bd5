import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HandWrittenClient, readTokens } from "./hand-written-client.fixture.js";
import { createNote, searchNotes } from "./notes-caller.fixture.js";
import { type OauthServer, type OauthServerOptions, startOauthServer } from "./server.js";

let folder: string;
let stateFile: string;
let server: OauthServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "demo-restart-"));
  stateFile = join(folder, "notes.json");
  server = await startOauthServer({ stateFile });
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Closes the server and starts it again on the same ports. */
async function restart(options: OauthServerOptions = { stateFile }): Promise<void> {
  const [port = 0, authorizationServerPort = 0] = server.hosts.map((host) => Number(host.split(":")[1]));
  await server.close();
  server = await startOauthServer({ port, authorizationServerPort, ...options });
  // `fetch` may not have noticed yet that its kept-alive connections are closed, and it never repeats a POST.
  await vi.waitFor(() => Promise.all(server.hosts.map((host) => fetch(`http://${host}/`))));
}

test("a client that registered before can sign a user in", async () => {
  const client = await HandWrittenClient.register(server);
  await restart();

  await createNote(server, await client.signIn({ name: "Ada" }), "After");
});

test("an access token issued before is accepted, and the notes are still there", async () => {
  const client = await HandWrittenClient.register(server);
  const ada = await client.signIn({ name: "Ada" });
  const bob = await client.signIn({ name: "Bob" });
  await createNote(server, ada, "Milk");
  await createNote(server, ada, "Bread");
  await restart();

  expect(await searchNotes(server, ada)).toEqual(["Bread", "Milk"]);
  expect(await searchNotes(server, bob)).toEqual([]);
});

test("a refresh token issued before works once, and reusing it revokes everything", async () => {
  const client = await HandWrittenClient.register(server);
  const first = await client.signIn();
  const second = await readTokens(await client.refresh(first.refresh_token));
  await restart();

  const third = await readTokens(await client.refresh(second.refresh_token));
  expect(await searchNotes(server, third)).toEqual([]);
  expect((await client.refresh(second.refresh_token)).status).toBe(400);
  expect((await client.refresh(third.refresh_token)).status).toBe(400);
  await expect(searchNotes(server, third)).rejects.toMatchObject({ code: 401 });
});

test("a refresh token used before the restart still counts as used after it", async () => {
  const client = await HandWrittenClient.register(server);
  const first = await client.signIn();
  const second = await readTokens(await client.refresh(first.refresh_token));
  await restart();

  expect((await client.refresh(first.refresh_token)).status).toBe(400);
  expect((await client.refresh(second.refresh_token)).status).toBe(400);
});

test("tokens revoked before stay revoked", async () => {
  const client = await HandWrittenClient.register(server);
  const tokens = await client.signIn();
  await client.revoke(tokens.refresh_token);
  await restart();

  await expect(searchNotes(server, tokens)).rejects.toMatchObject({ code: 401 });
  expect((await client.refresh(tokens.refresh_token)).status).toBe(400);
});

test("codes and unfinished sign-ins are not in the file", async () => {
  const client = await HandWrittenClient.register(server);
  await fetch(client.authorizationUrl(), { redirect: "manual" });
  await client.signIn();
  await restart();

  const { states } = JSON.parse(await readFile(stateFile, "utf8"));
  expect(states[0].entries.map(([model]: [string]) => model).sort()).toEqual(["Client", "Grant", "RefreshToken"]);
});

test("changes are saved within moments, not only at the end", async () => {
  const { clientId } = await HandWrittenClient.register(server);

  await vi.waitFor(async () => expect(await readFile(stateFile, "utf8")).toContain(clientId));
});

test("a server on other ports starts empty, and leaves the first one's state alone", async () => {
  const client = await HandWrittenClient.register(server);
  const tokens = await client.signIn();
  const other = await startOauthServer({ stateFile });
  await HandWrittenClient.register(other);

  await expect(searchNotes(other, tokens)).rejects.toMatchObject({ code: 401 });
  await other.close();
  await restart();
  expect(await searchNotes(server, tokens)).toEqual([]);
});

test("a broken file does not prevent a start", async () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const client = await HandWrittenClient.register(server);
  await server.close();
  await writeFile(stateFile, "{");
  await restart();
  expect(said).toHaveBeenCalledTimes(1);
  said.mockRestore();

  expect((await fetch(client.authorizationUrl(), { redirect: "manual" })).status).toBe(400);
  await (await HandWrittenClient.register(server)).signIn();
});

test("without a file, nothing survives the server", async () => {
  const client = await HandWrittenClient.register(server);
  await restart({});

  expect((await fetch(client.authorizationUrl(), { redirect: "manual" })).status).toBe(400);
});
