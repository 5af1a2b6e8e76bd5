import { expect, test } from "vitest";
import type { ServerUrlForbiddenError } from "../errors.js";
import { AddressPolicy } from "./address-policy.js";
import { isPublic } from "./public-address.js";

const check = async (url: string, ...allowHosts: string[]) => new AddressPolicy(allowHosts).check(new URL(url));
const forbidden = { code: "SERVER_URL_FORBIDDEN", retryable: false };

test.each([
  "http://127.0.0.1/",
  "http://127.8.9.10:3001/",
  "http://10.0.0.1/",
  "http://172.16.0.1/",
  "http://192.168.1.1/",
  "http://169.254.169.254/latest/meta-data",
  "http://100.100.100.200/",
  "http://0.0.0.0/",
  "http://224.0.0.1/",
  "http://255.255.255.255/",
  "http://198.18.0.1/",
  "http://168.63.129.16/metadata/instance",
  "http://[::1]/",
  "http://[::]/",
  "http://[fe80::1]/",
  "http://[fd00:ec2::254]/",
  "http://[fec0::1]/",
])("%s is not a public address", async (url) => {
  await expect(check(url)).rejects.toMatchObject(forbidden);
});

test.each([
  ["mapped", "http://[::ffff:127.0.0.1]/"],
  ["mapped, hexadecimal", "http://[::ffff:7f00:1]/"],
  ["IPv4-compatible (RFC 4291)", "http://[::127.0.0.1]/"],
  ["IPv4-compatible, hexadecimal", "http://[::a9fe:a9fe]/"],
  ["mapped, Azure's host", "http://[::ffff:168.63.129.16]/"],
  ["translated (RFC 6052)", "http://[64:ff9b::10.0.0.1]/"],
  ["translated locally (RFC 8215)", "http://[64:ff9b:1::a00:1]/"],
  ["6to4", "http://[2002:7f00:1::]/"],
  ["decimal", "http://2130706433/"],
  ["hexadecimal", "http://0x7f000001/"],
  ["octal", "http://0177.0.0.1/"],
  ["short", "http://127.1/"],
  ["short, zero", "http://0/"],
  ["full-width digits", "http://１２７.0.0.1/"],
  ["percent-encoded", "http://%31%32%37.0.0.1/"],
])("a private address is refused in every spelling: %s", async (_spelling, url) => {
  await expect(check(url)).rejects.toMatchObject(forbidden);
});

test.each(["http://localhost/", "http://LOCALHOST:3001/"])("%s means this machine and is refused", async (url) => {
  await expect(check(url)).rejects.toMatchObject(forbidden);
});

test.each(["http://1.1.1.1/", "https://8.8.8.8:8443/", "https://[2606:4700:4700::1111]/"])(
  "%s may be dialled",
  async (url) => {
    await expect(check(url)).resolves.toBeUndefined();
  },
);

test("a host name passes the check: its addresses are judged when it is dialled", async () => {
  await expect(check("http://no-such-host.invalid/")).resolves.toBeUndefined();
});

test("a refusal names the host and no other part of the URL", async () => {
  await expect(check("http://10.0.0.1:99/path?key=topsecret")).rejects.toMatchObject({
    message: "10.0.0.1:99 is not a public address, so this app does not connect to it",
  });
});

test("an allowed host may be dialled on its port only", async () => {
  await expect(check("http://127.0.0.1:3001/mcp", "127.0.0.1:3001")).resolves.toBeUndefined();
  await expect(check("http://LocalHost:3001/", "LOCALHOST:3001")).resolves.toBeUndefined();
  await expect(check("http://[::1]:3001/", "[::1]:3001")).resolves.toBeUndefined();
  for (const url of [
    "http://127.0.0.1:3002/",
    "http://127.0.0.1/",
    "http://127.0.0.2:3001/",
    "http://localhost:3001/",
  ]) {
    await expect(check(url, "127.0.0.1:3001")).rejects.toMatchObject(forbidden);
  }
});

test("a missing port is the default port of the scheme", async () => {
  await expect(check("http://127.0.0.1/", "127.0.0.1:80")).resolves.toBeUndefined();
  await expect(check("https://127.0.0.1/", "127.0.0.1:443")).resolves.toBeUndefined();
  await expect(check("https://127.0.0.1/", "127.0.0.1:80")).rejects.toMatchObject(forbidden);
});

test("text that is not an IP address is not a public address", () => {
  for (const text of ["", "example.com", "1.2.3.4.5", "::g"]) expect(isPublic(text)).toBe(false);
});

test.each([
  ["http://localhost:9999/mcp", "localhost:9999"],
  ["https://192.168.1.7/mcp", "192.168.1.7:443"],
  ["http://[::1]/mcp", "[::1]:80"],
])("the refusal of %s tells the operator what to paste, and the user no option", async (address, pair) => {
  const refusal = await check(address).catch((thrown: ServerUrlForbiddenError) => thrown);
  expect(refusal?.operatorHint).toBe(`To allow it, add "${pair}" to outbound.allowHosts.`);
  expect(`${refusal?.message} ${refusal?.hint}`).not.toMatch(/allowHosts|MCP_/);
  await expect(check(address, pair)).resolves.toBeUndefined();
});
