import { expect, test } from "vitest";
import { callbackOf } from "./callback-params.js";

const baseUrl = "https://app.example";
const query = "code=a&state=b";

test.each<[string, unknown, readonly string[] | null]>([
  ["an address", `${baseUrl}/back?${query}`, [`${baseUrl}/back`]],
  ["an address as a URL", new URL(`${baseUrl}/back?${query}`), [`${baseUrl}/back`]],
  ["a path", `/back?${query}`, [`${baseUrl}/back`]],
  ["a path that could name a host", `//evil.example/back?${query}`, [`${baseUrl}//evil.example/back`]],
  ["an address in other letter case", `HTTPS://APP.example/back?${query}`, ["HTTPS://APP.example/back"]],
  ["an address with the default port", `https://app.example:443/back?${query}`, ["https://app.example:443/back"]],
  ["an address with a slash at its end", `${baseUrl}/back/?${query}`, [`${baseUrl}/back/`]],
  ["an address with a step up", `${baseUrl}/a/../back?${query}`, [`${baseUrl}/a/../back`]],
  ["an address with encoded letters", `${baseUrl}/%62ack?${query}`, [`${baseUrl}/%62ack`]],
  ["an address with a user", `https://a@app.example/back?${query}`, ["https://a@app.example/back"]],
  ["a query", `?${query}`, null],
  ["a query without its question mark", query, null],
  ["a query that has an address in it", `${query}&x=${baseUrl}/back?y`, null],
  ["URLSearchParams", new URLSearchParams(query), null],
  ["URLSearchParams that begin with a slash", new URLSearchParams(`/back?x=1&${query}`), null],
])("of %s, the address is known as text", (_form, given, cameTo) => {
  const callback = callbackOf(given, baseUrl);
  expect([callback.cameTo, callback.isBare]).toEqual([cameTo, false]);
  expect([callback.params.get("code"), callback.params.get("state")]).toEqual(["a", "b"]);
});

test("a part after a hash belongs to nothing", () => {
  const { cameTo, params } = callbackOf(`${baseUrl}/back?${query}#code=c`, baseUrl);
  expect([cameTo, params.getAll("code")]).toEqual([[`${baseUrl}/back`], ["a"]]);
});

test("anything else without an address is a bare code", () => {
  expect(callbackOf("4/0Ab-c_d", baseUrl)).toEqual({
    params: new URLSearchParams({ code: "4/0Ab-c_d" }),
    cameTo: null,
    isBare: true,
  });
});

test.each([[""], [" "], [null], [7], [{}], ["a".repeat(10_000)], [`${baseUrl}/back`], ["/back?x=1"], ["https://"]])(
  "%j is not a callback",
  (given) => {
    expect(() => callbackOf(given, baseUrl)).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
  },
);
