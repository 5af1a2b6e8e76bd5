import { expect, test, vi } from "vitest";
import { createMcp } from "../create-mcp.js";
import { resolveOptions } from "./resolve-options.js";

const wrong = (message: string) =>
  expect.objectContaining({
    code: "CONFIGURATION_INVALID",
    message: expect.stringContaining(message),
    hint: expect.stringMatching(/./),
  });

const timeouts = {
  connectTimeout: 10_000,
  listTimeout: 15_000,
  requestTimeout: 60_000,
  totalRequestTimeout: 600_000,
};
const counts = { sessionsPerUser: 50, streamsPerUser: 10, streams: 10_000, callsPerSession: 8 };
const standing = {
  standingStreamsPerUser: 25,
  standingStreams: 1_000,
  standingBytesPerMinute: 262_144,
  followedResources: 50,
};
const lists = { resources: 5_000, resourceTemplates: 1_000, prompts: 1_000 };
const rates = { connectsPerMinute: 60, signInsPerMinute: 20, callsPerMinute: 600, streamsPerMinute: 120 };
const answers = {
  ...{ resultBytes: 4_194_304, contents: 10_000, tools: 1_000, toolListBytes: 4_194_304, toolPages: 64 },
  ...{ toolListBytesPerUser: 16_777_216, answerBytesPerUser: 16_777_216, answerBytes: 67_108_864 },
  ...{ registrationsPerUser: 50, listBytesPerMinute: 67_108_864, schemaMsPerMinute: 1_000 },
  ...{ instructionBytes: 65_536, jsonDepth: 64, jsonMembers: 100_000, messages: 1_000 },
};

test("an omitted option has its documented default", () => {
  expect(resolveOptions({})).toMatchObject({
    allowHosts: [],
    sessionTtl: 43_200,
    attemptTtl: 600,
    waitForReplicas: 0,
    limits: { ...timeouts, ...counts, ...standing, ...lists, ...rates, ...answers },
  });
});

test("a given option is used, and the others keep their defaults", () => {
  const logger = () => undefined;
  const { limits, ...rest } = resolveOptions({ sessionTtl: 60, attemptTtl: 30, limits: { requestTimeout: 5 }, logger });
  expect(rest).toMatchObject({ sessionTtl: 60, attemptTtl: 30, logger });
  expect(limits).toEqual({ ...timeouts, ...counts, ...standing, ...lists, ...rates, ...answers, requestTimeout: 5 });
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 601])("an attemptTtl of %s is refused", (attemptTtl) => {
  expect(() => resolveOptions({ attemptTtl })).toThrow(wrong("attemptTtl"));
});

test.each([0, -1, 0.5, Number.NaN, 31_536_001])("a sessionTtl of %s is refused", (sessionTtl) => {
  expect(() => resolveOptions({ sessionTtl })).toThrow(wrong("sessionTtl"));
});

test.each([-1, 0.5, Number.NaN, 101])("a waitForReplicas of %s is refused", (waitForReplicas) => {
  expect(() => resolveOptions({ waitForReplicas })).toThrow(wrong("waitForReplicas"));
});

test.each(["localhost:3001", "127.0.0.1:80", "[::1]:3001", "mcp.internal:65535"])("%s can be allowed", (host) => {
  expect(resolveOptions({ outbound: { allowHosts: [host] } }).allowHosts).toEqual([host]);
});

test.each([
  ["localhost", "which is not host:port", "Write host:port"],
  ["localhost:3001/mcp", "which is not host:port", "Write host:port"],
  ["a b:1", "which is not host:port", "without spaces"],
  [" localhost:1", "which is not host:port", "without spaces"],
  ["::1:3001", "which is not host:port", "Write host:port"],
  ["user@host:1", "which is not host:port", "Write host:port"],
  [":3001", "which is not host:port", "Write host:port"],
  ["", "an empty entry", "comma"],
  [" ", "an empty entry", "comma"],
  ["http://localhost:3001", "a URL", "without a scheme"],
  ["//localhost:3001", "a URL", "without a scheme"],
  ["*:443", "but wildcards are not supported", "one entry for each"],
  ["*.example.com:443", "but wildcards are not supported", "one entry for each"],
  ["localhost:0", "whose port is not valid", "1 to 65535"],
  ["localhost:080", "whose port is not valid", "1 to 65535"],
  ["localhost:65536", "whose port is not valid", "1 to 65535"],
  ["localhost:99999999999", "whose port is not valid", "1 to 65535"],
  ["127.1:80", "which is spelled differently in a URL", "Write 127.0.0.1:80."],
  ["0x7f.0.0.1:80", "which is spelled differently in a URL", "Write 127.0.0.1:80."],
  ["[0:0::1]:80", "which is spelled differently in a URL", "Write [::1]:80."],
  ["bücher.example:80", "which is spelled differently in a URL", "Write xn--bcher-kva.example:80."],
  ["a%b:80", "which is spelled differently in a URL", "Write host:port"],
])("%j in allowHosts is refused as %s, with the fix", (host, what, fix) => {
  const refused = expect.objectContaining({
    code: "CONFIGURATION_INVALID",
    message: `outbound.allowHosts has "${host}", ${/^(no|whose)/.test(what) ? what.replace("no wild", "and there are no wild") : what}`,
    hint: expect.stringContaining(fix),
  });
  expect(() => resolveOptions({ outbound: { allowHosts: ["ok:1", host] } })).toThrow(refused);
});

test("an allowed host may be written in capitals", () => {
  expect(resolveOptions({ outbound: { allowHosts: ["LOCALHOST:1"] } }).allowHosts).toEqual(["LOCALHOST:1"]);
});

test("an app can be built without its environment: missing options are reported at the first use", async () => {
  const mcp = createMcp({});
  expect(() => mcp.baseUrl).toThrow(wrong("baseUrl"));
  await expect(mcp.forUser("ada").list()).rejects.toThrow(wrong("baseUrl"));
  await expect(createMcp({ baseUrl: "https://a.example" }).forUser("ada").list()).rejects.toThrow(wrong("storage"));
  await mcp.close();
});

test("an app can check its options when it starts: check throws what the first use would, and logs nothing", async () => {
  const logger = vi.fn();
  const redis = { storage: "redis://127.0.0.1:1", baseUrl: "https://a.example", logger };
  expect(() => createMcp({ logger }).check()).toThrow(wrong("baseUrl"));
  expect(() => createMcp(redis).check()).toThrow(wrong("encryptionKeys"));
  expect(() => createMcp({ ...redis, encryptionKeys: "k1:short" }).check()).toThrow(wrong("encryptionKeys"));
  const mcp = createMcp({ ...redis, encryptionKeys: `k1:${Buffer.alloc(32).toString("base64")}` });
  mcp.check();
  expect(logger).not.toHaveBeenCalled();
  await mcp.close();
});

test("an invalid value is reported at once", () => {
  expect(() => createMcp({ attemptTtl: 0 })).toThrow(wrong("attemptTtl"));
});
