import { generateKeyPairSync } from "node:crypto";
import { isIP } from "node:net";
import { type FuzzSizes, garbledText, hostileJson, mutated, mutatedText } from "@mcp-assistant/testing/fuzz";
import fc from "fast-check";
import { expect } from "vitest";
import { ZodError } from "zod";
import { discoverAuthorizationServer } from "../src/authorization/discovery/discovery.js";
import { checkMetadata } from "../src/authorization/discovery/server-metadata.js";
import { covers, scopesToShow, supportedScopes, uniteScopes } from "../src/authorization/scopes.js";
import { challengeOf, SessionAuthProvider } from "../src/authorization/tokens/session-auth-provider.js";
import { stampTokens } from "../src/authorization/tokens/tokens.js";
import { createMcp } from "../src/create-mcp.js";
import { KeyRing } from "../src/credentials/key-ring.js";
import { optionsFromEnvironment } from "../src/options/env.js";
import { AddressPolicy } from "../src/outbound/address-policy.js";
import { parseServerUrl } from "../src/outbound/server-url.js";
import { someSignIn } from "../src/samples.fixture.js";
import { createSessionId, serverIdFromUrl, serverIdOf } from "../src/session/session-id.js";
import { checkUserId } from "../src/session/user-id.js";
import { holds, refusedWith } from "./fuzz.js";

const serverUrl = "https://mcp.example/mcp";
const canary = "canary-5f0c2d";

/** Texts that a response header can carry (Fetch, header value). */
const headerText = (texts: fc.Arbitrary<string>) =>
  texts.map((text) => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "").trim());

const challenge = headerText(
  fc.oneof(
    garbledText,
    mutatedText(
      fc.constant(`Bearer realm="a", resource_metadata="${serverUrl}", scope="a b", error="insufficient_scope"`),
    ),
  ),
);

const documents = {
  resource: { resource: serverUrl, authorization_servers: ["https://auth.example"], scopes_supported: ["a", "b"] },
  server: {
    ...someSignIn().authorizationServer.metadata,
    code_challenge_methods_supported: ["S256"],
    registration_endpoint: "https://auth.example/register",
    revocation_endpoint: "https://auth.example/revoke",
    scopes_supported: ["a", "offline_access"],
  },
};

const document = (valid: object) =>
  fc.oneof(
    { weight: 5, arbitrary: mutated(fc.constant(valid)).map((value) => JSON.stringify(value) ?? "") },
    { weight: 1, arbitrary: fc.constant(JSON.stringify(valid)) },
    { weight: 1, arbitrary: mutatedText(fc.constant(JSON.stringify(valid))) },
    {
      weight: 1,
      arbitrary: fc.oneof(
        hostileJson.map((value) => JSON.stringify(value)),
        garbledText,
      ),
    },
  );

const answers = fc.record({
  resource: document(documents.resource),
  server: document(documents.server),
  status: fc.oneof({ weight: 5, arbitrary: fc.constant(200) }, fc.constantFrom(201, 301, 400, 404, 418, 500)),
  named: fc.oneof(fc.constant(null), fc.constant(`${serverUrl}/metadata`), fc.webUrl()),
});

/** What MCP servers and authorization servers say about themselves and about how to sign in. */
export function foreignServersFuzz(sizes: FuzzSizes): void {
  holds(sizes, "a challenge says how to sign in, or is ignored", challenge, async (header) => {
    const provider = new SessionAuthProvider({
      credentials: undefined,
      refresh: async () => expect.fail("no user is signed in"),
      now: Date.now,
    });
    const response = new Response(null, { status: 401, headers: { "www-authenticate": header } });
    const refused = await provider
      .onUnauthorized({ response, serverUrl: new URL(serverUrl) })
      .catch((error: unknown) => error);
    await refusedWith(["AUTHORIZATION_REQUIRED"], () => Promise.reject(refused));
    const { resourceMetadataUrl = null, scope = null } = challengeOf(refused).challenge ?? {};
    if (resourceMetadataUrl !== null) expect(URL.canParse(resourceMetadataUrl)).toBe(true);
    expect(uniteScopes(scope)?.length ?? 0).toBeLessThanOrEqual(4_096);
  });

  holds(sizes, "documents lead to an authorization server, or to one of our errors", answers, async (answer) => {
    const { resource, server, status, named } = answer;
    const asked: string[] = [];
    const found = await refusedWith(["AUTHORIZATION_FAILED"], () =>
      discoverAuthorizationServer(
        serverUrl,
        named === null ? null : { resourceMetadataUrl: named, scope: null },
        async (url) => {
          asked.push(new URL(url).protocol);
          return new Response(
            String(url).includes("oauth-protected-resource") || String(url) === named ? resource : server,
            { status },
          );
        },
        { appOrigin: "https://app.example", named: [] },
      ),
    );
    expect(asked.filter((protocol) => protocol !== "https:" && protocol !== "http:")).toEqual([]);
    if (found) expect([URL.canParse(found.issuer), URL.canParse(found.authorizationServerUrl)]).toEqual([true, true]);
  });

  const metadata = fc.oneof(mutated(fc.constant(documents.server)), hostileJson);
  holds(sizes, "metadata is checked completely, or refused", metadata, async (value) => {
    const checked = await refusedWith(["AUTHORIZATION_FAILED"], () => checkMetadata(value)).catch(orZodError);
    if (!checked) return;
    expect(checked.code_challenge_methods_supported).toContain("S256");
    for (const endpoint of [checked.issuer, checked.token_endpoint]) expect(URL.canParse(endpoint)).toBe(true);
  });

  const tokens = { access_token: "a", token_type: "Bearer", refresh_token: "r", expires_in: 3_600, scope: "a b" };
  const before = { now: Date.now(), scope: null, refreshToken: null };
  const answered = fc.oneof(
    mutated(fc.constant(tokens)),
    hostileJson,
    fc.double().map((expires_in) => ({ ...tokens, expires_in })),
  );
  holds(sizes, "a token answer becomes tokens that a header can carry, or is refused", answered, (answer) => {
    const stamp: (response: never, known: typeof before) => ReturnType<typeof stampTokens> = stampTokens;
    try {
      const { accessToken, expiresAt } = stamp(answer as never, before);
      expect(new Headers({ authorization: `Bearer ${accessToken.reveal()}` }).get("authorization")).not.toBe("Bearer");
      expect(expiresAt === null || (Number.isFinite(expiresAt) && expiresAt >= before.now)).toBe(true);
    } catch (error) {
      orZodError(error);
    }
  });

  const scopes = fc.tuple(
    garbledText,
    garbledText,
    fc.option(fc.array(garbledText, { maxLength: 4 }), { nil: undefined }),
  );
  holds(sizes, "scopes of any kind can be combined, compared and shown", scopes, ([one, other, supported]) => {
    const united = uniteScopes(one, other) ?? "";
    expect(united).toMatch(/^(?:[\x21\x23-\x5b\x5d-\x7e]+(?: |$))*$/);
    expect(united.length).toBeLessThanOrEqual(4_096);
    expect(covers(united, uniteScopes(united))).toBe(true);
    expect((supportedScopes(one, supported) ?? "").length).toBeLessThanOrEqual(Math.max(4_096, one.length));
    expect(scopesToShow(one, other).join(" ").length).toBeLessThan(600);
  });
}

function orZodError(error: unknown): undefined {
  if (error instanceof ZodError) return undefined;
  throw error;
}

const keyPem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });

const clients = [
  { serverOrigin: "https://mcp.example", clientId: "public" },
  { issuer: "https://auth.example", clientId: "a", clientSecret: `${canary}-secret` },
  { issuer: "https://other.example", clientId: "b", privateKey: keyPem, tokenEndpointAuthMethod: "private_key_jwt" },
  {
    serverOrigin: "https://app.example",
    issuer: "https://auth.example",
    clientId: "a",
    clientSecret: `${canary}-secret`,
    grant: "client_credentials",
  },
];

const environment = {
  REDIS_URL: `redis://app:${canary}@127.0.0.1:6379/1`,
  REDIS_HOST: "127.0.0.1",
  REDIS_PORT: "6379",
  REDIS_DB: "1",
  REDIS_TLS: "1",
  REDIS_USERNAME: "app",
  REDIS_PASSWORD: canary,
  REDIS_SENTINELS: `app:${canary}@127.0.0.1:26379,[::1]:26379`,
  REDIS_CLUSTER: `127.0.0.1:7000,redis://:${canary}@127.0.0.1:7001`,
  REDIS_WAIT_REPLICAS: "0",
  MCP_SESSION_TTL_S: "600",
  MCP_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, canary).toString("base64")},${canary}:c2hvcnQ`,
  MCP_PREREGISTERED_CLIENTS: JSON.stringify(clients),
};

const variables = fc.oneof(
  mutated(fc.constant(environment)).map((value) =>
    Object.fromEntries(
      Object.entries(value ?? {}).map(([name, text]) => [name, typeof text === "string" ? text : JSON.stringify(text)]),
    ),
  ),
  fc.subarray(Object.keys(environment)).chain((names) => {
    const all: Readonly<Record<string, string>> = environment;
    return fc.record(Object.fromEntries(names.map((name) => [name, mutatedText(fc.constant(all[name] ?? ""))])));
  }),
  mutated(fc.constant(clients)).map((value) => ({ MCP_PREREGISTERED_CLIENTS: JSON.stringify(value) })),
);

/** What operators configure, and what users and browsers send. */
export function foreignNamesFuzz(sizes: FuzzSizes): void {
  holds(
    sizes,
    "an environment makes an app, or the error names the variable but not its value",
    variables,
    async (given) => {
      const options = await refusedWith(["CONFIGURATION_INVALID"], () => optionsFromEnvironment(given));
      if (options)
        await refusedWith(["CONFIGURATION_INVALID"], () => createMcp({ baseUrl: "https://app.example", ...options }));
    },
  );

  const keys = fc.oneof(garbledText, mutatedText(fc.constant(environment.MCP_ENCRYPTION_KEYS)));
  holds(sizes, "encryption keys make a key ring, or the error repeats none of them", keys, async (text) => {
    const ring = await refusedWith(
      ["CONFIGURATION_INVALID"],
      () => KeyRing.parse(text),
      Buffer.alloc(32, canary).toString("base64"),
    );
    if (ring) expect(ring.open(ring.seal("text", ["a"]), ["a"])).toBe("text");
  });

  // Only addresses and names of this machine's own network, so that the test looks up no name.
  const policy = new AddressPolicy([]);
  const ownNetwork = fc.constantFrom(
    "127.0.0.1",
    "127.1",
    "2130706433",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "0",
    "localhost",
  );
  // Also those mapped into IPv6 (RFC 4291 §2.5.5.2). Other mapped addresses are public: 1.0.0.1 is ::ffff:100:1.
  const ownHost = /^(?:localhost|127\.|10\.|0\.|\[::(?!ffff:)|\[::ffff:(?:7f..|a..|[0-9a-f]{1,2}):)/;
  const addresses = fc.oneof(
    garbledText,
    ownNetwork.chain((host) => mutatedText(fc.constant(`http://${host}:8080/mcp?key=${canary}#a`))),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
  );
  holds(
    sizes,
    "an address is accepted or refused, and one of this machine is never dialled",
    addresses,
    async (text) => {
      const url = await refusedWith(["SERVER_URL_INVALID"], () => parseServerUrl(text));
      if (!url) return;
      const serverId = serverIdFromUrl(url);
      expect(serverId).toMatch(/^[A-Za-z0-9_]{1,64}$/);
      expect(serverId).not.toContain(canary);
      if (url.hostname !== "localhost" && isIP(url.hostname.replace(/^\[|\]$/g, "")) === 0) return;
      const allowed = await refusedWith(["SERVER_URL_FORBIDDEN"], () => {
        policy.check(url);
        return url.hostname;
      });
      if (allowed !== undefined) expect(allowed).not.toMatch(ownHost);
    },
  );

  const users = fc.oneof(garbledText, hostileJson, fc.anything());
  holds(sizes, "a user id is a usable text, or is refused", users, async (user) => {
    const check: (userId: never) => void = checkUserId;
    const accepted = await refusedWith(["USER_ID_INVALID"], () => {
      check(user as never);
      return user;
    });
    if (accepted === undefined) return;
    expect(String(accepted).trim()).not.toBe("");
    expect(encodeURIComponent(String(accepted))).not.toBe("");
    const sessionId = createSessionId(String(accepted), "notes");
    expect([sessionId.length, serverIdOf(sessionId)]).toEqual([30, "notes"]);
  });
}
