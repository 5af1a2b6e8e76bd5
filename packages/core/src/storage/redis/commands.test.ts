import { expect, test } from "vitest";
import { reasonOf } from "./commands.js";

const inScript = (what: string) =>
  new Error(`ERR Error running script (call to f_0af1): @user_script:4: @user_script: 4: -${what}`);

test.each([
  ["OOM", new Error("OOM command not allowed when used memory > 'maxmemory'.")],
  ["OOM", inScript("OOM command not allowed when used memory > 'maxmemory'.")],
  ["READONLY", new Error("READONLY You can't write against a read only replica.")],
  ["READONLY", inScript("READONLY You can't write against a read only replica.")],
  ["LOADING", new Error("LOADING Redis is loading the dataset in memory")],
  ["NOREPLICAS", new Error("NOREPLICAS Too few replicas have the write")],
  ["Error", new Error("ERR unknown command 'secret', with args beginning with: 'a: -SECRET b'")],
  ["ECONNREFUSED", Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:6379"), { code: "ECONNREFUSED" })],
  ["TypeError", new TypeError("secret")],
  ["string", "secret"],
])("the log gets %s, and not the rest of the error", (reason, error) => {
  expect(reasonOf(error)).toBe(reason);
});
