import { afterEach, expect, test, vi } from "vitest";
import { StreamChannel, type StreamMessage } from "./stream-channel.js";
import { TestTabs } from "./tabs.fixture.js";

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const tabs = new TestTabs();

function open(userKey = "ada") {
  const heard: { message: StreamMessage; from: string }[] = [];
  const channel = new StreamChannel(tabs.open(), userKey, (message, from) => heard.push({ message, from }));
  closers.push(() => channel.close());
  return { channel, heard };
}

/** Long enough for a busy machine. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

const settled = () => new Promise((resolve) => setTimeout(resolve, 30));

const hello: StreamMessage = { type: "hello", lastEventId: "1-0", at: null };

test("a message goes to all other tabs of its user, and to no other user's", async () => {
  const [one, two, three, stranger] = [open(), open(), open(), open("bob")];
  one.channel.post(hello);
  await until(() => expect([two.heard, three.heard]).toMatchObject([[{ message: hello }], [{ message: hello }]]));
  await settled();
  expect([one.heard, stranger.heard]).toEqual([[], []]);
});

test("an answer goes only to the tab that asked", async () => {
  const [one, two, three] = [open(), open(), open()];
  one.channel.post({ type: "retry" });
  await until(() => expect(two.heard).toHaveLength(1));
  two.channel.post(hello, two.heard[0]?.from);
  await until(() => expect(one.heard).toMatchObject([{ message: hello }]));
  await settled();
  expect(three.heard.map(({ message }) => message.type)).toEqual(["retry"]);
});

test("malformed messages of another version are dropped, and additional fields do no harm", async () => {
  const { heard } = open();
  const raw = tabs.open().openChannel("ada", () => undefined);
  closers.push(raw.close);
  const state = { type: "state", term: "t", position: 1, state: { status: "live", error: null } };
  const wrong: unknown[] = [
    null,
    "hello",
    hello,
    { from: "x", to: null },
    { from: "x", to: null, message: { type: "later" } },
    { from: "x", to: null, message: { ...hello, lastEventId: "yesterday" } },
    { from: "x", to: null, message: { ...state, state: { status: "asleep", error: null } } },
    { from: "x", to: null, message: { ...state, type: "event", id: "1-0", event: { type: "later" } } },
    { from: "x", to: null, message: { ...state, type: "event", id: "1-0", event: { type: "reset", at: "now" } } },
  ];
  for (const message of wrong) raw.post(message);
  raw.post({ from: "x", to: null, message: { ...state, colour: "blue" }, colour: "red" });
  await until(() => expect(heard).toEqual([{ message: state, from: "x" }]));
});

test("a closed channel receives and sends nothing", async () => {
  const [one, two] = [open(), open()];
  two.channel.post(hello);
  one.channel.close();
  one.channel.post(hello);
  await settled();
  expect([one.heard, two.heard]).toEqual([[], []]);
});
