import { expect, test } from "vitest";
import { judgeHost } from "./host";

const local = new URL("http://127.0.0.1:3000");
const deployed = new URL("https://app.example.com");

test.each([
  ["127.0.0.1:3000", local, "ours"],
  ["localhost:3000", local, "other-loopback-name"],
  ["LOCALHOST:3000", local, "other-loopback-name"],
  ["[::1]:3000", local, "other-loopback-name"],
  ["127.8.0.1:3000", local, "other-loopback-name"],
  ["127.0.0.1:3001", local, "other-loopback-name"],
  ["app.example.com", local, "foreign"],
  ["localhost.example.com:3000", local, "foreign"],
  ["127.0.0.1.example.com:3000", local, "foreign"],
  ["10.0.0.1:3000", local, "foreign"],
  ["app.example.com", deployed, "ours"],
  ["app.example.com:443", deployed, "ours"],
  ["app.example.com:80", deployed, "foreign"],
  ["other@127.0.0.1:3000", local, "malformed"],
  ["127.0.0.1:3000/path", local, "malformed"],
  ["127.0.0.1:99999", local, "malformed"],
  ["", local, "malformed"],
  [null, local, "malformed"],
])("Host %j of %s is %s", (header, base, verdict) => {
  expect(judgeHost(header, base)).toBe(verdict);
});
