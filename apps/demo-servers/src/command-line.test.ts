import { expect, test } from "vitest";
import { parseCommandLine } from "./command-line.js";

test("reads every option", () => {
  const args = "oauth --port 3001 --authorization-server-port 3002 --access-token-ttl 5 --state-file state.json";
  expect(parseCommandLine([...args.split(" "), "--exit-with-parent", "--record-requests"])).toEqual({
    name: "oauth",
    port: 3001,
    authorizationServerPort: 3002,
    accessTokenTtl: 5,
    stateFile: "state.json",
    exitWithParent: true,
    recordRequests: true,
  });
});

test("lets the system choose ports by default, and gives tokens a minute", () => {
  const common = { port: 0, exitWithParent: false, recordRequests: false };
  expect(parseCommandLine(["modern"])).toEqual({ name: "modern", ...common });
  expect(parseCommandLine(["oauth"])).toMatchObject({ ...common, authorizationServerPort: 0, accessTokenTtl: 60 });
});

test.each([
  ["no server", []],
  ["an unknown server", ["echo"]],
  ["two servers", ["oauth", "modern"]],
  ["an unknown option", ["modern", "--verbose"]],
  ["an option of the other server", ["modern", "--access-token-ttl", "5"]],
  ["a port that is not a number", ["modern", "--port", "http"]],
  ["a port that is too high", ["modern", "--port", "65536"]],
  ["a state file for the server that keeps no state", ["modern", "--state-file", "state.json"]],
  ["a state file without a name", ["oauth", "--state-file", ""]],
  ["an option without its value", ["modern", "--port"]],
  ["a lifetime of zero", ["oauth", "--access-token-ttl", "0"]],
])("refuses %s", (_case, args) => {
  expect(parseCommandLine(args)).toBeUndefined();
});
