import { createHash } from "node:crypto";
import type { McpOptions } from "@mcp-assistant/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { appWith } from "../src/http/sign-in/auth-pages.fixture.js";
import { type Honest, type Matching, type Plot, startHonest, startHostile } from "./mix-up-servers.js";

const baseUrl = "https://app.example.com";
const handler = `${baseUrl}/api/mcp`;
const shared = `${handler}/auth/callback`;
const further = `${baseUrl}/oauth/callback`;
const own = (issuer: string) => `${handler}/auth/issuer/${createHash("sha256").update(issuer).digest("base64url")}`;

type Options = Partial<McpOptions>;
type App = ReturnType<typeof appWith>;

/** How an honest server knows the app. */
const clients = ["registered by the version before", "registered", "document", "by hand", "by hand, alone"] as const;
type Client = (typeof clients)[number];

/** An honest and a hostile server, and an app that the honest one knows. */
async function stage(
  client: Client,
  matching: Matching,
  plot: Omit<Plot, "honest" | "clientId">,
  options: Options = {},
) {
  const read = async (url: string) => app.get(url, { cookie: "" });
  const honest = await startHonest(matching, client === "document" ? read : undefined);
  const hostile = await startHostile({ ...plot, honest });
  const { issuer } = honest;
  const isAlone = client === "by hand, alone";
  const entry = { issuer, clientId: "by-hand", ...(isAlone ? { callback: "issuer" as const } : {}) };
  const app = appWith(
    { hosts: [honest.host, hostile.host] },
    { baseUrl, ...(client.startsWith("by hand") ? { authorization: { clients: [entry] } } : {}), ...options },
  );
  onTestFinished(async () => {
    await Promise.all([app.mcp.close(), honest.close(), hostile.close()]);
  });
  if (client.startsWith("by hand")) honest.register([isAlone ? own(issuer) : shared, further], "by-hand");
  if (client === "registered by the version before") hostile.plot.clientId = honest.register([shared, further]);
  // The app does not use it there. But that server reads every document that anyone names.
  else if (client === "document") hostile.plot.clientId = `${handler}/client-metadata.json`;
  else hostile.plot.clientId = await clientAt(app, honest);
  return { app, honest, hostile };
}

/** Goes where a browser goes, from our start page until it is on a page of ours or is refused. */
async function browse(app: App, authUrl: string): Promise<URL> {
  const { consent, cookie } = await app.visitStart(authUrl);
  let at = new URL(consent || authUrl);
  for (let hop = 0; hop < 5; hop++) {
    const isOurs = at.origin === baseUrl;
    const { headers } = await (isOurs ? app.get(at, { cookie }) : fetch(at, { redirect: "manual" }));
    const next = headers.get("location");
    if (next === null) return at;
    at = new URL(next, at);
  }
  return at;
}

const connectionTo = async (app: App, serverUrl: string, more = {}) => {
  const { sessionId, authUrl } = await app.mcp.forUser(app.user).connect({ serverUrl, ...more });
  return { sessionId, authUrl: authUrl ?? "" };
};

/** The client that the app has at the honest server, as every user of the app sees it. */
async function clientAt(app: App, honest: Honest): Promise<string> {
  const { consent } = await app.visitStart((await connectionTo(app, honest.url)).authUrl);
  return new URL(consent).searchParams.get("client_id") ?? "";
}

/** A user falls for the hostile server. */
async function fallFor({ app, hostile }: Awaited<ReturnType<typeof stage>>, more = {}): Promise<void> {
  const { sessionId, authUrl } = await connectionTo(app, hostile.url, more);
  await browse(app, authUrl);
  await app.mcp.forUser(app.user).remove(sessionId);
}

const matchings = ["exact", "prefix"] as const;
const cases = clients.flatMap((client) =>
  matchings.flatMap((matching) =>
    [true, false].map((hasResourceMetadata) => ({ client, matching, hasResourceMetadata })),
  ),
);

describe.each(cases)(
  "RFC 9700 §4.4: at an honest server where the client is $client, which matches redirect URLs by $matching, with resource metadata: $hasResourceMetadata",
  ({ client, matching, hasResourceMetadata }) => {
    test("a hostile server that names its sign-in page as its own gets no tokens of it", async () => {
      const staged = await stage(client, matching, { page: "borrowed", hasResourceMetadata });
      await fallFor(staged);
      expect(staged.hostile.loot).toEqual([]);
      await signsIn(staged);
    });

    test("a hostile sign-in page that redirects there gets no tokens of it, wherever it has the code sent", async () => {
      const staged = await stage(client, matching, { page: "redirecting", hasResourceMetadata });
      const { hostile, honest } = staged;
      const honests = client === "registered" ? own(honest.issuer) : shared;
      for (const redirectUri of [undefined, shared, own(honest.issuer), `${honests}/x`, `${honests}?x=y`]) {
        hostile.plot.redirectUri = redirectUri;
        await fallFor(staged);
      }
      // No document lists the address that its own sign-ins come back to.
      hostile.plot.clientId = own(hostile.origin).replace("/auth/issuer/", "/client/").concat(".json");
      hostile.plot.redirectUri = undefined;
      if (client === "document") await fallFor(staged);
      expect(hostile.loot).toEqual([]);
      await signsIn(staged);
    });
  },
);

test.each(matchings)(
  "where issuers share an address, iss is required of one that promises it: %s",
  async (matching) => {
    const plot = { page: "redirecting", hasResourceMetadata: true, promisesIss: true } as const;
    const staged = await stage("by hand", matching, plot, { callbackUrls: [further] });
    for (const redirectUri of [undefined, shared, further]) {
      staged.hostile.plot.redirectUri = redirectUri;
      await fallFor(staged, { callbackUrl: further });
    }
    expect(staged.hostile.loot).toEqual([]);
    await signsIn(staged, { callbackUrl: further });
  },
);

/** The user signs in at the honest server, and it works. */
async function signsIn({ app, honest }: Awaited<ReturnType<typeof stage>>, more = {}): Promise<void> {
  const { sessionId, authUrl } = await connectionTo(app, honest.url, more);
  const end = await browse(app, authUrl);
  expect(end.pathname).toMatch(/^\/api\/mcp\/auth\/result\/[0-9a-f]{64}$/);
  expect(await app.mcp.forUser(app.user).get(sessionId)).toMatchObject({ state: "CONNECTED", signedIn: true });
}
