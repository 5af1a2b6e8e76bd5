import { McpSessionError } from "@mcp-assistant/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FollowedResources } from "./followed-resources.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open(answer: () => Promise<void> = async () => undefined) {
  const asked: string[] = [];
  const pages = new Set<string | undefined>();
  const ask = (what: string) => (_sessionId: string, uri: string, page?: string) => {
    asked.push(`${what} ${uri}`);
    pages.add(page);
    return answer();
  };
  const backend = { subscribeResource: ask("follow"), unsubscribeResource: ask("leave") };
  return { followed: new FollowedResources(backend), asked, pages };
}

test("however many components follow a resource, the app is asked once, and told when the last has gone", async () => {
  const { followed, asked, pages } = open();
  const ends = [1, 2, 3].map(() => followed.follow("s1", "file:///a", () => undefined));
  for (const end of ends) end();
  const again = followed.follow("s1", "file:///a", () => undefined);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual(["follow file:///a"]);
  again();
  again();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual(["follow file:///a", "leave file:///a"]);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toHaveLength(2);
  expect([...pages]).toEqual([expect.stringMatching(/^\w+$/)]);
});

test("while it is followed, the app is told again before it forgets", async () => {
  const { followed, asked } = open();
  followed.follow("s1", "file:///a", () => undefined);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked.length).toBeGreaterThanOrEqual(3);
});

test("each component gets to know why it cannot be followed, and when it can again", async () => {
  const error = new McpSessionError({ code: "NOT_SUPPORTED", message: "", hint: "", retryable: false });
  const answers = [Promise.reject(error), Promise.resolve()];
  const { followed } = open(() => answers.shift() ?? Promise.resolve());
  const told = [vi.fn(), vi.fn()];
  for (const follower of told) followed.follow("s1", "file:///a", follower);
  await vi.advanceTimersByTimeAsync(0);
  for (const follower of told) expect(follower).toHaveBeenLastCalledWith(error);
  await vi.advanceTimersByTimeAsync(300_000);
  for (const follower of told) expect(follower).toHaveBeenLastCalledWith(null);
});

test("after an error, the next component asks again at once", async () => {
  const error = new McpSessionError({ code: "NOT_SUPPORTED", message: "", hint: "", retryable: false });
  const answers = [Promise.reject(error), Promise.resolve()];
  const { followed, asked } = open(() => answers.shift() ?? Promise.resolve());
  const [first, second] = [vi.fn(), vi.fn()];
  const end = followed.follow("s1", "file:///a", first);
  await vi.advanceTimersByTimeAsync(0);
  expect(first).toHaveBeenLastCalledWith(error);
  end();
  followed.follow("s1", "file:///a", second);
  await vi.advanceTimersByTimeAsync(0);
  expect(second).toHaveBeenLastCalledWith(null);
  expect(asked).toEqual(["follow file:///a", "follow file:///a"]);
});
