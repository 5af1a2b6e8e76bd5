import { expect, test } from "vitest";
import { optionsFromEnvironment } from "./env.js";

test("an environment without our variables gives no options", () => {
  expect(optionsFromEnvironment({})).toEqual({});
  expect(optionsFromEnvironment({ REDIS_URL: "", REDIS_HOST: "", MCP_SESSION_TTL_S: "" })).toEqual({});
});

test("REDIS_URL takes precedence over the separate variables", () => {
  const storage = "redis://redis.example:6380/2";
  expect(optionsFromEnvironment({ REDIS_URL: storage, REDIS_HOST: "other", REDIS_CLUSTER: "a:1" })).toEqual({
    storage,
  });
});

test.each([
  [{ REDIS_HOST: "redis.example" }, { host: "redis.example", port: 6379 }],
  [
    { REDIS_HOST: "h", REDIS_PORT: "6380", REDIS_USERNAME: "u", REDIS_PASSWORD: "p", REDIS_DB: "3", REDIS_TLS: "1" },
    { host: "h", port: 6380, username: "u", password: "p", db: 3, tls: {} },
  ],
  [
    { REDIS_SENTINELS: "a:26379, [::1]:26380", REDIS_SENTINEL_NAME: "main", REDIS_PASSWORD: "p" },
    {
      sentinels: [
        { host: "a", port: 26_379 },
        { host: "::1", port: 26_380 },
      ],
      name: "main",
      password: "p",
    },
  ],
  [{ REDIS_CLUSTER: "a:7000", REDIS_DB: "3" }, { cluster: [{ host: "a", port: 7_000 }] }],
])("%j says where Redis is", (environment, storage) => {
  expect(optionsFromEnvironment(environment)).toEqual({ storage });
});

test("the keys, the session lifetime and the number of replicas are read, too", () => {
  const environment = { MCP_ENCRYPTION_KEYS: "k1:AAAA", MCP_SESSION_TTL_S: "60", REDIS_WAIT_REPLICAS: "0" };
  expect(optionsFromEnvironment(environment)).toEqual({
    encryptionKeys: "k1:AAAA",
    sessionTtl: 60,
    waitForReplicas: 0,
  });
});

test("the app's address, its callbacks, its name and the hosts it may dial are read, too", () => {
  const environment = {
    APP_URL: "https://app.example",
    MCP_CALLBACK_URLS: "https://app.example/one, https://app.example/two,",
    MCP_CLIENT_NAME: "My App",
    MCP_ALLOW_HOSTS: "127.0.0.1:3001,localhost:3002",
  };
  expect(optionsFromEnvironment(environment)).toEqual({
    baseUrl: "https://app.example",
    callbackUrls: ["https://app.example/one", "https://app.example/two"],
    client: { name: "My App" },
    outbound: { allowHosts: ["127.0.0.1:3001", "localhost:3002"] },
  });
  expect(optionsFromEnvironment({ MCP_CALLBACK_URLS: " ,", MCP_ALLOW_HOSTS: "" })).toEqual({});
});

test.each([
  [{ REDIS_HOST: "h", REDIS_PORT: "six" }, "REDIS_PORT"],
  [{ MCP_SESSION_TTL_S: "1h" }, "MCP_SESSION_TTL_S"],
  [{ REDIS_CLUSTER: "a:7000,b" }, "REDIS_CLUSTER"],
  [{ REDIS_SENTINELS: "http://a:1" }, "REDIS_SENTINELS"],
])("%j is refused with an error that names the variable", (environment, name) => {
  expect(() => optionsFromEnvironment(environment)).toThrow(
    expect.objectContaining({ code: "CONFIGURATION_INVALID", message: expect.stringContaining(name) }),
  );
});

test("a password in an entry of REDIS_CLUSTER is not repeated", () => {
  const environment = { REDIS_CLUSTER: "a:7000,redis://:hunter2@b:7001" };
  const message = "Entry 2 of REDIS_CLUSTER is not host:port";
  expect(() => optionsFromEnvironment(environment)).toThrow(expect.objectContaining({ message }));
});
