import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { appFor, signedIn } from "../src/authorization/sign-in/sign-in.fixture.js";
import { encryptionKeys } from "../src/samples.fixture.js";
import { reencryptContract } from "../src/storage/contract/reencrypt.contract.js";
import { storageContract } from "../src/storage/contract/storage.contract.js";
import { FileDriver } from "./file-driver.js";

const root = mkdtempSync(join(tmpdir(), "mcp-file-driver-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const shared = new FileDriver(join(root, "shared"));
let count = 0;
const own = () => new FileDriver(join(root, `own-${count++}`));

storageContract("files", () => shared);
reencryptContract("a rotation of keys in files", async () => own());

test("an app works on a third-party driver, and finds its sign-in again after a restart", async () => {
  const server = await startOauthServer();
  onTestFinished(server.close);
  const folder = join(root, "app");
  const before = appFor(server, { storage: new FileDriver(folder), encryptionKeys });
  expect(before.inMemory).toBe(false);
  const session = await signedIn(before, server);
  await before.close();

  const after = appFor(server, { storage: new FileDriver(folder), encryptionKeys });
  onTestFinished(() => after.close());
  expect(await after.forUser(session.userId).list()).toMatchObject([{ state: "CONNECTED", signedIn: true }]);
  const client = after.forUser(session.userId).client(session.sessionId);
  onTestFinished(() => client.close());
  expect(await client.callTool("search_notes", { query: "" })).toMatchObject({ structuredContent: { notes: [] } });
  await expect(
    appFor(server, { storage: new FileDriver(folder) })
      .forUser(session.userId)
      .list(),
  ).rejects.toMatchObject({
    message: expect.stringContaining('"encryptionKeys" is missing'),
  });
});
