import { loopbackSpellings, privateHosts, publicHosts } from "@mcp-assistant/testing/addresses";
import { type Canary, startCanary } from "@mcp-assistant/testing/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { AddressPolicy } from "../src/outbound/address-policy.js";
import { inwardScenario } from "./inward.js";

// Nothing on this machine or in its network is dialled, whatever names an address and however it is spelled. What was
// published about other clients is in docs/known-attacks.md.

let canary: Canary;

beforeAll(async () => {
  canary = await startCanary();
});

afterAll(() => canary.close());

/** The URL of a host, with the port that the canary listens on. */
const at = (host: string, path = "") => `http://${host}:${canary.port}${path}`;

test("the canary notices when it is dialled", async () => {
  for (const [round, host] of ["127.0.0.1", "localhost", "127.1"].entries()) {
    await fetch(at(host));
    expect(canary.hits()).toBe(round + 1);
  }
});

describe("the canary is not reached through", () => {
  let hits: number;

  beforeAll(() => {
    hits = canary.hits();
  });

  test.each(loopbackSpellings.map((host) => [host]))(
    "CVE-2026-31943, CVE-2026-45400, GHSA-j8q9-r9pq-2hh9: a user's server at %j",
    async (host) => {
      const mcp = appFor({ hosts: [] });
      for (const serverUrl of [at(host, "/mcp"), at(host, "/mcp").replace("http:", "https:")]) {
        const error = await mcp
          .forUser("ada")
          .connect({ serverUrl })
          .catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: expect.stringMatching(/^SERVER_URL_(FORBIDDEN|INVALID)$/),
          retryable: false,
        });
      }
      expect(await mcp.forUser("ada").list()).toEqual([]);
      expect(canary.hits()).toBe(hits);
    },
  );
});

// The names in documents and redirects, in every spelling: inward.long.test.ts.
inwardScenario(["127.0.0.1", "2130706433", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]"]);

describe("a host that is checked by its name", () => {
  const judge = (host: string) => () => new AddressPolicy([]).check(new URL(`https://${host}/mcp`));

  test.each(privateHosts.map((host) => [host]))(
    "GHSA-794r-5rp2-fpg8, GHSA-h72v-w7gx-hq4h: %s is not public",
    (host) => {
      expect(judge(host)).toThrowError(expect.objectContaining({ code: "SERVER_URL_FORBIDDEN" }));
    },
  );

  test.each(publicHosts.map((host) => [host]))("%s may be dialled", (host) => {
    expect(judge(host)).not.toThrow();
  });
});
