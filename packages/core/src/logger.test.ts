import { afterEach, describe, expect, test, vi } from "vitest";
import { createMcp } from "./create-mcp.js";
import { ConfigurationError } from "./errors.js";
import { createLog, type Log, type Logger, loggerFor } from "./logger.js";

type Level = Parameters<Log>[0];

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What `run` writes to the console. */
function written(run: () => void): string[] {
  const lines: string[] = [];
  for (const method of ["debug", "info", "log", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => void lines.push(args.join(" ")));
  }
  run();
  return lines;
}

const own: Logger = () => undefined;

describe("the console", () => {
  test.each<[option: string, Logger | null | undefined, environment: string | undefined, prints: Level[]]>([
    ["no logger", undefined, undefined, ["warn", "error"]],
    ["no logger", undefined, "development", ["warn", "error"]],
    ["no logger", undefined, "test", ["warn", "error"]],
    ["no logger", undefined, "production", []],
    ["null", null, "development", []],
    ["null", null, "production", []],
    ["a logger of the app's own", own, "development", []],
    ["a logger of the app's own", own, "production", []],
  ])("with %s (%s) and NODE_ENV=%s, shows %j", (_option, logger, environment, prints) => {
    vi.stubEnv("NODE_ENV", environment);
    const log = createLog(loggerFor(logger));
    const levels: Level[] = ["debug", "info", "warn", "error"];
    expect(levels.filter((level) => written(() => log(level, "Something happened")).length > 0)).toEqual(prints);
  });

  test("gets one line per entry, with the details, whatever a server wrote into them", () => {
    const log = createLog(loggerFor(undefined));
    const details = { sessionId: "s1", metadata: { "server.address": "a\nb\u001b[31m", status: 500 } };
    expect(written(() => log("warn", "The server is slow", details))).toEqual([
      "mcp-redis warning: The server is slow (server.address: a b [31m, status: 500, sessionId: s1)",
    ]);
    expect(written(() => log("error", "Redis cannot be reached"))).toEqual([
      "mcp-redis error: Redis cannot be reached",
    ]);
  });

  test("ends with the hint for the operator, and shows only the kind of a foreign error, never its text", () => {
    const log = createLog(loggerFor(undefined));
    const error = new ConfigurationError("no storage", "Give it one.");
    expect(written(() => log("error", "A request failed", { error }))).toEqual([
      `mcp-redis error: A request failed (error.type: CONFIGURATION_INVALID). ${error.toJSON().operatorHint}`,
    ]);
    expect(written(() => log("error", "A request failed", { error: new TypeError("token abc") }))).toEqual([
      "mcp-redis error: A request failed (error.type: TypeError)",
    ]);
  });

  test.each([
    ["no baseUrl", { storage: "memory" as const }, /"baseUrl" is missing/],
    ["no storage", { baseUrl: "http://127.0.0.1:9" }, /"storage" is missing/],
    [
      "a Redis without keys",
      { storage: "redis://127.0.0.1:1", baseUrl: "http://127.0.0.1:9" },
      /"encryptionKeys" is missing/,
    ],
  ])("names a configuration problem once: %s", async (_what, options, problem) => {
    const mcp = createMcp(options);
    const asking: Promise<unknown>[] = [];
    const lines = written(() => asking.push(...["ada", "bob"].map((id) => mcp.forUser(id).list())));
    await Promise.allSettled(asking);
    expect(lines).toEqual([expect.stringMatching(problem)]);
    await mcp.close();
  });
});
