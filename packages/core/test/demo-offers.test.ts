import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { expect, onTestFinished, test } from "vitest";
import { appFor, signedIn } from "../src/authorization/sign-in/sign-in.fixture.js";
import { someUser } from "../src/samples.fixture.js";

async function connectedToNotes() {
  const server = await startOauthServer();
  const mcp = appFor(server);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const { userId, sessionId } = await signedIn(mcp, server);
  const user = mcp.forUser(userId);
  const create = async (title: string, body: string) => {
    const { structuredContent } = await user.callTool(sessionId, "create_note", { title, body });
    return (structuredContent as { note: { id: string } }).note.id;
  };
  return { server, user, sessionId, create };
}

test("the notes of the legacy demo server are resources, and its prompt is completed and filled in", async () => {
  const { server, user, sessionId, create } = await connectedToNotes();
  const [, id] = [await create("Shopping", "Tea"), await create("Shoes", "Size 43")];
  server.resetRequests();
  const { resources, leftOut } = await user.listResources(sessionId);
  expect(leftOut).toBe(0);
  expect(resources.map(({ title }) => title)).toEqual(["Shoes", "Shopping"]);
  expect(await user.readResource(sessionId, `note:///${id}`)).toEqual({
    contents: [{ uri: `note:///${id}`, mimeType: "text/markdown", text: "# Shoes\n\nSize 43\n" }],
  });
  await expect(user.readResource(sessionId, "note:///none")).rejects.toMatchObject({ code: "RESOURCE_NOT_FOUND" });
  expect((await user.listResourceTemplates(sessionId)).resourceTemplates).toMatchObject([
    { uriTemplate: "note:///{id}", title: "Note" },
  ]);
  expect((await user.listPrompts(sessionId)).prompts).toMatchObject([
    { name: "summarize", arguments: [{ name: "title", required: true }, { name: "language" }] },
  ]);
  const ref = { type: "ref/prompt", name: "summarize" } as const;
  expect(await user.complete(sessionId, { ref, argument: { name: "title", value: "sho" } })).toMatchObject({
    values: ["Shoes", "Shopping"],
    hasMore: false,
  });
  const { messages } = await user.getPrompt(sessionId, "summarize", { title: "Shoes", language: "Dutch" });
  expect(messages).toMatchObject([
    { role: "user", content: { type: "text", text: "Summarize this note in two sentences in Dutch." } },
    { role: "user", content: { type: "resource", resource: { text: "# Shoes\n\nSize 43\n" } } },
  ]);
  for (const args of [{}, { title: "Nothing" }]) {
    await expect(user.getPrompt(sessionId, "summarize", args)).rejects.toMatchObject({ code: "INVALID_INPUT" });
  }
  expect(new Set(server.requests().map(({ rpcMethod }) => rpcMethod))).not.toContain("initialize");
});

test("the times of the modern demo server are resources with a lifetime, and its prompt is completed", async () => {
  const server = await startModernServer();
  const mcp = appFor(server);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  expect(await user.listResources(sessionId)).toMatchObject({ resources: [{ uri: "time:///zones" }], ttlMs: 0 });
  const zones = await user.readResource(sessionId, "time:///zones");
  expect(zones).toMatchObject({ contents: [{ text: expect.stringContaining("Europe/Berlin") }], ttlMs: 3_600_000 });
  const ref = { type: "ref/resource", uri: "time:///now/{+zone}" } as const;
  expect(await user.complete(sessionId, { ref, argument: { name: "zone", value: "berlin" } })).toMatchObject({
    values: ["Europe/Berlin"],
  });
  expect(await user.readResource(sessionId, "time:///now/Europe/Berlin")).toMatchObject({
    contents: [{ uri: "time:///now/Europe/Berlin", text: expect.any(String) }],
  });
  await expect(user.readResource(sessionId, "time:///now/Atlantis")).rejects.toMatchObject({
    code: "RESOURCE_NOT_FOUND",
  });
  expect((await user.listPrompts(sessionId)).prompts).toMatchObject([{ name: "plan_meeting" }]);
  const args = { ours: "Europe/Berlin", theirs: "Asia/Tokyo" };
  expect((await user.getPrompt(sessionId, "plan_meeting", args)).messages).toHaveLength(1);
});
