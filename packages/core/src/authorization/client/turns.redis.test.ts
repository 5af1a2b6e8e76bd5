import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, onTestFinished, test } from "vitest";
import { encryptionKeys } from "../../samples.fixture.js";
import { openStorage } from "../../storage/storage.js";
import { open, someServer } from "./dynamic.fixture.js";

/** Two processes of one app, whose authorization server binds clients to a default scope. */
async function twoProcesses() {
  const redis = await startRedis();
  const storages = [0, 1].map(() =>
    openStorage(redis.url, { sessionTtl: 600, encryptionKeys, logger: () => undefined }),
  );
  onTestFinished(async () => {
    await Promise.all(storages.map((storage) => storage.close()));
    await redis.stop();
  });
  const [one, other] = storages.map(({ driver }) => open({ driver, scope: "default" }));
  if (!one || !other) throw new Error("unreachable");
  return { one, other, asked: () => [...one.asked, ...other.asked].map(({ scope }) => scope) };
}

const registrantOf = (userId: string) => ({
  userId,
  take: async () => undefined,
  giveBack: async () => undefined,
});

test("a user has one turn in all processes together, and every process uses what another user's turn brought", async () => {
  const { one, other, asked } = await twoProcesses();
  const shared = await one.registrations.clientAt(someServer());
  const clientAt = ({ registrations }: typeof one, scope: string, userId: string) =>
    registrations.clientAt(someServer(), { scope, registrant: registrantOf(userId) });
  const first = await clientAt(one, "junk-1", "eve");
  expect(await clientAt(other, "junk-2", "eve")).toMatchObject({ client_id: shared.client_id });
  expect(await clientAt(other, "junk-1", "eve")).toMatchObject({ client_id: first.client_id });
  const own = await clientAt(other, "notes:read", "ada");
  expect(await clientAt(one, "notes:read", "eve")).toMatchObject({ client_id: own.client_id });
  expect(asked().sort()).toEqual(["junk-1", "notes:read", undefined]);
});

test("the server's own word counts once for all processes, also after users have taken their turns", async () => {
  const { one, other, asked } = await twoProcesses();
  const issuer = "https://auth.example";
  const first = await one.registrations.clientAt(someServer());
  await one.registrations.suspect(issuer, first, { userId: "eve" });
  const second = await other.registrations.clientAt(someServer());
  await Promise.all(
    [one, other].map(({ registrations }) => registrations.suspect(issuer, second, "authorization-server")),
  );
  const both = await Promise.all([one, other].map(({ registrations }) => registrations.clientAt(someServer())));
  expect(new Set([first, second, ...both].map(({ client_id }) => client_id)).size).toBe(3);
  expect(asked()).toHaveLength(3);
});
