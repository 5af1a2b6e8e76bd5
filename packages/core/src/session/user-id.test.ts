import { expect, test } from "vitest";
import { checkUserId } from "./user-id.js";

test.each([
  "a",
  "auth0|5f7c8ec7c33c6c004bbafe82",
  "用户😀",
  "{tag}:*\u0000\n",
  "../..",
  "x".repeat(512),
  "é".repeat(256),
])("%.40j is a valid user ID", (userId) => {
  expect(() => checkUserId(userId)).not.toThrow();
});

test.each<[problem: string, userId: string]>([
  ["is empty", ""],
  ["is empty", " \t\n"],
  ["is empty", "\u00a0\ufeff\u3000"],
  ["is empty", JSON.parse("null")],
  ["is empty", JSON.parse("7")],
  ["has more than 512 bytes", "x".repeat(513)],
  ["has more than 512 bytes", "é".repeat(257)],
  ["has more than 512 bytes", "x".repeat(10_240)],
  ["is not well-formed text", "ada\ud83d"],
  ["is not well-formed text", "\ude00ada"],
  ["is not well-formed text", "\ude00\ud83d"],
])("a user ID that %s is refused, and the error does not show it", (problem, userId) => {
  const refused = expect.objectContaining({
    code: "USER_ID_INVALID",
    message: `The user id ${problem}`,
    retryable: false,
  });
  expect(() => checkUserId(userId)).toThrow(refused);
  if (String(userId).trim()) expect(() => checkUserId(userId)).not.toThrow(String(userId).slice(0, 20));
});
