import { expect, test } from "vitest";
import { headersOfKey, headersProblem } from "./headers-of-key";

function form(key: string, header = ""): FormData {
  const data = new FormData();
  data.set("key", key);
  data.set("header", header);
  return data;
}

test("a key alone is sent as a bearer token, even when it was pasted with the word Bearer", () => {
  for (const key of ["abc", " abc\n", "Bearer abc", "bearer  abc"]) {
    expect(headersOfKey(form(key))).toEqual({ Authorization: "Bearer abc" });
  }
});

test("a key for another header is sent unchanged", () => {
  expect(headersOfKey(form(" abc ", " X-Api-Key "))).toEqual({ "X-Api-Key": "abc" });
});

test("without a key there is no header", () => {
  expect(headersOfKey(form(" ", "X-Api-Key"))).toEqual({});
  expect(headersOfKey(new FormData())).toEqual({});
});

test("the problem with a header that cannot be sent does not repeat its value", () => {
  expect(headersProblem({ Authorization: "Bearer abc" })).toBeNull();
  expect(headersProblem({ "X Api Key": "abc" })).toMatch(/^A header name/);
  expect(headersProblem({ "X-Api-Key": "schlüssel" })).toMatch(/^A header value/);
  expect(headersProblem({ Host: "abc" })).toMatch(/reserved for the connection itself/);
});
