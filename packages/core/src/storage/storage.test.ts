import { expect, test } from "vitest";
import { createMcp } from "../create-mcp.js";
import { authUrl, someRecord } from "../samples.fixture.js";
import { Sessions } from "../session/sessions.js";
import { openStorage } from "./storage.js";

const open = () => openStorage("memory", { sessionTtl: 60, logger: () => undefined });

test("closing one app keeps the sessions of the others; closing the last one drops them", async () => {
  const options = { storage: "memory", baseUrl: "http://127.0.0.1:9" };
  const [one, other, third] = [createMcp(options), createMcp(options), createMcp(options)];
  const record = someRecord();
  for (const mcp of [one, other]) expect(await mcp.forUser(record.userId).list()).toEqual([]);
  const storage = open();
  await new Sessions({ store: storage.sessions, authUrl, limit: 50 }).create(record);
  await storage.close();
  await one.close();
  for (const mcp of [other, third]) expect(await mcp.forUser(record.userId).list()).toHaveLength(1);

  await Promise.all([other.close(), third.close()]);
  const fresh = createMcp(options);
  expect(await fresh.forUser(record.userId).list()).toEqual([]);
  await fresh.close();
});

test("closing a storage twice counts once", async () => {
  const [one, other] = [open(), open()];
  await one.close();
  await one.close();
  const later = open();
  expect(later.sessions).toBe(other.sessions);
  await Promise.all([other.close(), later.close()]);
});
