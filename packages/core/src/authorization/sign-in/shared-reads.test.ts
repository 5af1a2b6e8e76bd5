import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { expect, onTestFinished, test, vi } from "vitest";
import { MemoryDriver } from "../../storage/memory/driver.js";
import { appFor, signedIn } from "./sign-in.fixture.js";

test("what users share is read in the turn of the user who signs in", async () => {
  const server = await startOauthServer();
  const mcp = appFor(server);
  const read = vi.spyOn(MemoryDriver.prototype, "read");
  onTestFinished(async () => {
    read.mockRestore();
    await Promise.all([mcp.close(), server.close()]);
  });
  const { userId } = await signedIn(mcp, server);
  const shared = read.mock.calls.flatMap(([{ partition, asker }]) =>
    "shared" in partition ? [{ kind: partition.shared, asker }] : [],
  );
  expect(new Set(shared.map(({ kind }) => kind))).toEqual(new Set(["attempt", "registration", "sign-in-page"]));
  expect(shared.filter(({ asker }) => asker !== userId)).toEqual([]);
});
