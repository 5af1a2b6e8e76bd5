import type { LookupAddress } from "node:dns";
import { isIPv6 } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { privateAddresses } from "@mcp-assistant/testing/addresses";
import { startCanary } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { fetchFrom } from "../samples.fixture.js";
import { AddressPolicy } from "./address-policy.js";
import { createDialler, dialler, lookupPublic, type Resolve } from "./dialler.js";

const publicAddress = "93.184.216.34";
const toAddresses = (texts: readonly string[]): LookupAddress[] =>
  texts.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));

/** A resolver that gives these answers in turn and then repeats the last one. It counts how often it was asked. */
function resolver(...answers: (readonly string[])[]) {
  let asked = 0;
  const resolve: Resolve = (_hostname, _options, answer) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    answer(null, toAddresses(addresses));
  };
  return { resolve, asked: () => asked };
}

async function canaryAndFetch(...answers: (readonly string[])[]) {
  const canary = await startCanary();
  onTestFinished(canary.close);
  const { resolve, asked } = resolver(...answers);
  const policy = new AddressPolicy([]);
  const logged: unknown[] = [];
  const connections = createDialler(policy, resolve);
  onTestFinished(() => connections.destroy());
  const fetch = fetchFrom([], { connections, log: (...event) => logged.push(event) });
  return { canary, asked, logged, url: `http://innocent.example:${canary.port}/mcp`, fetch };
}

const unreachable = {
  code: "SERVER_UNREACHABLE",
  message: expect.stringMatching(/^innocent\.example:\d+ cannot be reached$/),
};

test.each(privateAddresses.map((address) => [address]))(
  "a name that resolves to %s is not dialled",
  async (address) => {
    const { canary, asked, fetch, url } = await canaryAndFetch([address]);
    await expect(fetch(url)).rejects.toMatchObject(unreachable);
    expect([canary.hits(), asked()]).toEqual([0, 1]);
  },
);

test.each(privateAddresses.map((address) => [address]))(
  "a name that resolves to a public address and to %s is not dialled",
  async (address) => {
    for (const answer of [
      [publicAddress, address],
      [address, publicAddress],
      ["2606:4700:4700::1111", address],
    ]) {
      const { canary, asked, fetch, url } = await canaryAndFetch(answer);
      await expect(fetch(url)).rejects.toMatchObject(unreachable);
      expect([canary.hits(), asked()]).toEqual([0, 1]);
    }
  },
);

test("the judged addresses are the ones dialled: a name is resolved once, so a later answer changes nothing (DNS rebinding)", async () => {
  const { resolve, asked } = resolver([publicAddress, "1.1.1.1"], ["127.0.0.1"]);
  const answers = await new Promise<unknown[]>((done) => {
    lookupPublic(resolve)("innocent.example", { all: true }, (...answer) => done(answer));
  });
  expect(answers).toEqual([null, toAddresses([publicAddress, "1.1.1.1"])]);
  expect(asked()).toBe(1);
  const rebound = await new Promise<unknown[]>((done) => {
    lookupPublic(resolve)("innocent.example", { all: true }, (...answer) => done(answer));
  });
  expect(rebound).toEqual([expect.objectContaining({ name: "AddressRefused", addresses: ["127.0.0.1"] }), []]);
});

test("a lookup for a single address returns the first one", async () => {
  const { resolve } = resolver(["2606:4700:4700::1111", publicAddress]);
  const answer = await new Promise<unknown[]>((done) => {
    lookupPublic(resolve)("innocent.example", {}, (...one) => done(one));
  });
  expect(answer).toEqual([null, "2606:4700:4700::1111", 6]);
});

test("names without addresses, unknown names and private addresses look alike to the user, and the log says which it was", async () => {
  const none = await canaryAndFetch([]);
  const inward = await canaryAndFetch(["10.1.2.3", "fd00::1"]);
  const unknown = createDialler(new AddressPolicy([]), (_hostname, _options, answer) => {
    answer(Object.assign(new Error("queryA ENOTFOUND"), { code: "ENOTFOUND" }), []);
  });
  onTestFinished(() => unknown.destroy());
  const logged: unknown[] = [];
  const errors = await Promise.all(
    [none.fetch, inward.fetch, fetchFrom([], { connections: unknown, log: (...event) => logged.push(event) })].map(
      (fetch) => fetch("http://innocent.example/mcp?key=topsecret").catch((error: unknown) => JSON.stringify(error)),
    ),
  );
  expect(errors[0]).toContain("SERVER_UNREACHABLE");
  expect(new Set(errors).size).toBe(1);
  expect([none.logged, inward.logged, logged]).toEqual([
    [
      [
        "info",
        "A request failed",
        { metadata: { "server.address": "innocent.example", "error.type": "AddressRefused" } },
      ],
    ],
    [
      [
        "warn",
        "An address that is not public was not dialled",
        {
          metadata: {
            "server.address": "innocent.example",
            "error.type": "AddressRefused",
            "network.peer.address": "10.1.2.3 fd00::1",
          },
        },
      ],
    ],
    [["info", "A request failed", { metadata: { "server.address": "innocent.example", "error.type": "ENOTFOUND" } }]],
  ]);
});

test("a caller can abort while the name is still being resolved", async () => {
  const connections = createDialler(new AddressPolicy([]), () => undefined);
  onTestFinished(() => connections.destroy());
  const caller = new AbortController();
  const answer = fetchFrom([], { connections })("http://innocent.example/mcp", { signal: caller.signal });
  const enough = new Error("Enough");
  setTimeout(() => caller.abort(enough), 50);
  await expect(Promise.race([answer, pause(2_000, "waits")])).rejects.toBe(enough);
});

test("only equal policies share connections", () => {
  const shared = dialler(new AddressPolicy(["127.0.0.1:1", "localhost:2"]));
  expect(dialler(new AddressPolicy(["LOCALHOST:2", "127.0.0.1:1", "127.0.0.1:1"]))).toBe(shared);
  expect(dialler(new AddressPolicy(["127.0.0.1:1"]))).not.toBe(shared);
});
