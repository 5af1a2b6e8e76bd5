import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createMcp } from "../../create-mcp.js";
import { ConfigurationError } from "../../errors.js";
import { optionsFromEnvironment } from "../../options/env.js";
import { assertClients, checkClients } from "./pre-registered.js";
import type { PreRegisteredClient } from "./pre-registered-client.js";

const pem = (key: ReturnType<typeof generateKeyPairSync>["privateKey"]) =>
  String(key.export({ format: "pem", type: "pkcs8" }));
const ec = (namedCurve: string) => pem(generateKeyPairSync("ec", { namedCurve }).privateKey);
const privateKey = ec("P-256");
const [serverOrigin, issuer, clientId] = ["https://mcp.example.com", "https://auth.example.com/tenant", "ours"];

const problemOf = (clients: unknown): unknown => {
  try {
    checkClients(clients, "authorization.clients");
    return undefined;
  } catch (error) {
    return error;
  }
};

test.each<[string, PreRegisteredClient]>([
  ["without a secret for one server", { serverOrigin, clientId }],
  ["without a secret for an issuer", { issuer, clientId, tokenEndpointAuthMethod: "none" }],
  ["with a secret", { issuer, clientId, clientSecret: "secret" }],
  ["with a secret in the body", { issuer, clientId, clientSecret: "s", tokenEndpointAuthMethod: "client_secret_post" }],
  ["with a key", { issuer, clientId, privateKey, tokenEndpointAuthMethod: "private_key_jwt" }],
  [
    "for the app itself",
    { serverOrigin, issuer, clientId, clientSecret: "secret", grant: "client_credentials", scope: "a b" },
  ],
])("a client %s is accepted, and its secrets stay hidden", (_which, client) => {
  const checked = checkClients([client], "authorization.clients");
  expect(checked).toHaveLength(1);
  expect(JSON.stringify(checked)).not.toContain("BEGIN");
  expect(JSON.stringify(checked)).not.toContain('"secret"');
});

test.each([
  ["P-256", ec("P-256")],
  ["P-384", ec("P-384")],
  ["P-521", ec("P-521")],
  ["Ed25519", pem(generateKeyPairSync("ed25519").privateKey)],
  ["RSA", pem(generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey)],
  [
    "RSA in PKCS#1",
    String(generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey.export({ format: "pem", type: "pkcs1" })),
  ],
])("a key of type %s is accepted", (_kind, key) => {
  expect(problemOf([{ issuer, clientId, privateKey: key }])).toBeUndefined();
});

const hush = "this-is-a-secret";

describe("a client that cannot work is reported at once, by its field and without its value", () => {
  test.each<[string, unknown]>([
    ["authorization.clients is not a list", { clientId: hush }],
    ["authorization.clients[0] is not a client", [hush]],
    ["authorization.clients[0] is not a client", [{ issuer, clientId, [hush]: 1 }]],
    ["authorization.clients[0].clientId", [{ issuer }]],
    [
      "authorization.clients[1].clientId",
      [
        { issuer, clientId },
        { serverOrigin, clientId: 7 },
      ],
    ],
    ["authorization.clients[0].clientSecret", [{ issuer, clientId, clientSecret: "" }]],
    ["authorization.clients[0].serverOrigin", [{ serverOrigin: `https://mcp.example.com/${hush}`, clientId }]],
    ["authorization.clients[0].serverOrigin", [{ serverOrigin: "mcp.example.com", clientId }]],
    ["authorization.clients[0].issuer", [{ issuer: `https://auth.example.com/?a=${hush}`, clientId }]],
    ["authorization.clients[0].issuer", [{ issuer: `ftp://${hush}`, clientId }]],
    ["authorization.clients[0].privateKey", [{ issuer, clientId, privateKey: hush }]],
    ["authorization.clients[0].privateKey", [{ issuer, clientId, privateKey: ec("secp256k1") }]],
    ["authorization.clients[0].tokenEndpointAuthMethod", [{ issuer, clientId, tokenEndpointAuthMethod: hush }]],
    ["authorization.clients[0].grant", [{ issuer, clientId, grant: "password" }]],
    ["has neither a serverOrigin nor an issuer", [{ clientId }]],
    ["has both a clientSecret and a privateKey", [{ issuer, clientId, clientSecret: hush, privateKey }]],
    ["has a secret or key, but no issuer", [{ serverOrigin, clientId, clientSecret: hush }]],
    ["has a secret or key, but no issuer", [{ serverOrigin, clientId, privateKey }]],
    ["does not fit", [{ issuer, clientId, clientSecret: hush, tokenEndpointAuthMethod: "private_key_jwt" }]],
    ["does not fit", [{ issuer, clientId, clientSecret: hush, tokenEndpointAuthMethod: "none" }]],
    ["does not fit", [{ issuer, clientId, privateKey, tokenEndpointAuthMethod: "client_secret_basic" }]],
    ["does not fit", [{ issuer, clientId, tokenEndpointAuthMethod: "client_secret_post" }]],
    ["but no serverOrigin", [{ issuer, clientId, clientSecret: hush, grant: "client_credentials" }]],
    ["neither a clientSecret nor a privateKey", [{ issuer, serverOrigin, clientId, grant: "client_credentials" }]],
    [
      "[1] is for the same server",
      [
        { issuer, clientId },
        { issuer, clientId: "another" },
      ],
    ],
    [
      "[1] has a different grant",
      [
        { issuer, serverOrigin, clientId, clientSecret: hush, grant: "client_credentials" },
        { issuer: "https://other.example", serverOrigin, clientId },
      ],
    ],
    [
      "[1] has the same clientId as an earlier entry",
      [
        { issuer, clientId, clientSecret: hush },
        { issuer, serverOrigin, clientId, clientSecret: `${hush}-too` },
      ],
    ],
    [
      "[1] has the same clientId as an earlier entry",
      [
        { issuer, clientId, privateKey },
        { issuer, serverOrigin, clientId, privateKey: ec("P-256") },
      ],
    ],
  ])("%s", (problem, clients) => {
    const error = problemOf(clients);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ message: expect.stringContaining(problem), hint: expect.stringMatching(/./) });
    expect(JSON.stringify(error)).not.toContain(hush);
  });
});

test("createMcp reports an invalid client at once", () => {
  expect(() => createMcp({ authorization: { clients: [{ clientId }] } })).toThrow(ConfigurationError);
});

test("a valid list is accepted and stays unchanged", () => {
  const clients: unknown = [{ issuer, clientId }];
  assertClients(clients, "clients");
  expect(clients[0]?.clientId).toBe(clientId);
});

describe("in the environment", () => {
  const read = (text: string) => optionsFromEnvironment({ MCP_PREREGISTERED_CLIENTS: text });

  test("clients are a JSON list", () => {
    const clients = [{ issuer, clientId, clientSecret: "secret" }];
    expect(read(JSON.stringify(clients))).toEqual({ authorization: { clients } });
    expect(read("")).toEqual({});
  });

  test.each([
    ["MCP_PREREGISTERED_CLIENTS is not JSON", `[{"clientSecret":"${hush}"`],
    ["MCP_PREREGISTERED_CLIENTS is not a list", `"${hush}"`],
    [
      "MCP_PREREGISTERED_CLIENTS[0] has a secret or key",
      JSON.stringify([{ serverOrigin, clientId, clientSecret: hush }]),
    ],
  ])("%s: the error contains no values", (problem, text) => {
    let error: unknown;
    try {
      read(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ message: expect.stringContaining(problem) });
    expect(`${JSON.stringify(error)} ${error}`).not.toContain(hush);
  });
});
