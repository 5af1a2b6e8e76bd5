import { expect, test } from "vitest";
import { ObservableStreamState } from "./stream-state.js";
import { StreamSwitch } from "./stream-switch.js";

function setUp() {
  const seen: string[] = [];
  const state = new ObservableStreamState();
  const stream = {
    state,
    retry: () => undefined,
    open: () => {
      seen.push("open");
      state.set({ status: "live", error: null });
      return () => void seen.push("closed");
    },
  };
  return { seen, state, control: new StreamSwitch(stream) };
}

test("all who use a stream share it, and the last one closes it", () => {
  const { seen, control } = setUp();
  const [first, second] = [control.hold(true), control.hold(true)];
  first();
  expect(seen).toEqual(["open"]);
  second();
  expect(seen).toEqual(["open", "closed"]);
  control.hold(true);
  expect(seen).toEqual(["open", "closed", "open"]);
});

test("a stream that is not wanted at first is offline until it is switched on", () => {
  const { seen, state, control } = setUp();
  const end = control.hold(false);
  expect([seen, state.get().status]).toEqual([[], "offline"]);
  control.on();
  control.on();
  expect([seen, state.get().status]).toEqual([["open"], "live"]);
  end();
  expect(seen).toEqual(["open", "closed"]);
});

test("switching off closes it for all, until somebody switches it on", () => {
  const { seen, state, control } = setUp();
  control.hold(true);
  control.hold(true);
  control.off();
  expect([seen, state.get().status]).toEqual([["open", "closed"], "offline"]);
  control.on();
  expect(seen).toEqual(["open", "closed", "open"]);
});

test("without a page that uses it, it stays closed", () => {
  const { seen, control } = setUp();
  control.on();
  control.hold(true)();
  control.on();
  expect(seen).toEqual(["open", "closed"]);
});
