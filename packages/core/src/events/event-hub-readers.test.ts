import { expect, test, vi } from "vitest";
import { StoreUnavailableError } from "../errors.js";
import { attached, begun, HandMadeLog, recorder } from "./event-hub.fixture.js";
import { EventHub } from "./event-hub.js";

test("all subscribers of a user share one listener, which ends with the last of them", async () => {
  const { log, hub, got, detach } = await begun();
  const other = recorder(log);
  const leave = await hub.attach("ada", other.subscriber);
  expect(log.listens).toBe(1);
  log.announce(1);
  leave();
  log.announce(2);
  expect(other.got).toEqual(["1"]);
  expect(got).toEqual(["1", "2"]);
  expect(log.listeners.size).toBe(1);
  detach();
  await vi.waitFor(() => expect(log.listeners.size).toBe(0));
  await hub.attach("ada", other.subscriber);
  expect(log.listens).toBe(2);
});

test("each user has their own listener", async () => {
  const { log, hub } = await attached();
  await hub.attach("grace", recorder(log).subscriber);
  expect(log.listens).toBe(2);
});

test("a listener ends even if its last subscriber left while it was being set up", async () => {
  const log = new HandMadeLog();
  let listening: () => void = () => undefined;
  log.ready = new Promise((resolve) => {
    listening = resolve;
  });
  const hub = new EventHub(log);
  const attaching = Promise.all([
    hub.attach("ada", recorder(log).subscriber),
    hub.attach("ada", recorder(log).subscriber),
  ]);
  listening();
  for (const detach of await attaching) detach();
  await vi.waitFor(() => expect(log.listeners.size).toBe(0));
  expect(log.listens).toBe(1);
});

test("a subscriber is refused while the store is down, and the next one tries again", async () => {
  const log = new HandMadeLog();
  log.ready = Promise.reject(new StoreUnavailableError("away"));
  const hub = new EventHub(log);
  await expect(hub.attach("ada", recorder(log).subscriber)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  log.ready = Promise.resolve();
  const { got, subscriber } = recorder(log);
  await hub.attach("ada", subscriber);
  hub.begin("ada", "0-1");
  log.announce(1);
  expect(got).toEqual(["1"]);
});

test("readers are counted, per user and in total, until they leave or are refused", async () => {
  const { log, hub, detach } = await begun();
  expect(hub.count("ada")).toEqual({ ofUser: 1, inAll: 1 });
  const leave = await hub.attach("ada", recorder(log).subscriber);
  const attaching = hub.attach("grace", recorder(log).subscriber);
  expect([hub.count("ada"), hub.count("grace"), hub.count("unknown")]).toEqual([
    { ofUser: 2, inAll: 3 },
    { ofUser: 1, inAll: 3 },
    { ofUser: 0, inAll: 3 },
  ]);
  for (const end of [leave, leave, detach, await attaching]) end();
  expect(hub.count("ada")).toEqual({ ofUser: 0, inAll: 0 });
  log.ready = Promise.reject(new StoreUnavailableError("away"));
  await expect(hub.attach("ada", recorder(log).subscriber)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(hub.count("ada")).toEqual({ ofUser: 0, inAll: 0 });
});
