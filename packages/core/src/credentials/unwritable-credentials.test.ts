import { expect, test } from "vitest";
import { ring, someCredentials, someOwner } from "../samples.fixture.js";
import { decodeCredentials, encodeCredentials } from "./credentials.js";

const owner = someOwner();
const text = encodeCredentials(someCredentials(), owner, ring);
const { cv, ...rest } = JSON.parse(text);

test.each([
  ["with white space", JSON.stringify(JSON.parse(text), null, 1)],
  ["with a version in another place", JSON.stringify({ ...rest, cv })],
  ["with a version that JSON has to escape", JSON.stringify({ ...JSON.parse(text), cv: '"' })],
])("credentials %s are unreadable: no compare-and-set could replace them", (_case, stored) => {
  const reading = () => decodeCredentials(stored, owner, ring);
  expect(reading).toThrow(expect.objectContaining({ code: "SESSION_UNREADABLE" }));
  expect(reading).toThrow("sign-in");
});
