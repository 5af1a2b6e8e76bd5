import { expect, test } from "vitest";
import { HeldBytes, type Holding } from "./held-bytes.js";

const room = { perUser: 100, inAll: 250 };

function open() {
  const held = new HeldBytes();
  const gaveWay: string[] = [];
  const hold = (user: string, name = user): Holding => held.hold(user, room, () => gaveWay.push(name));
  return { held, hold, gaveWay };
}

test("a user holds exactly as much as they may, over all steps, and gets it back when a step ends", () => {
  const { held, hold } = open();
  const [one, other] = [hold("ada"), hold("ada")];
  expect(one.take(60)).toBeUndefined();
  expect(other.take(40)).toBeUndefined();
  expect(one.take(1)).toBe("user");
  expect(held.bytesOf("ada")).toBe(100);
  other.giveBack();
  expect(one.take(40)).toBeUndefined();
  one.giveBack();
  one.giveBack();
  expect([held.bytes, held.bytesOf("ada")]).toEqual([0, 0]);
});

test("one user's limit is no other user's", () => {
  const { hold } = open();
  hold("ada").take(100);
  expect(hold("grace").take(100)).toBeUndefined();
});

test("when the process is full, the user who holds most gives way to one who holds less, with their largest step", () => {
  const { held, hold, gaveWay } = open();
  hold("ada", "ada's small step").take(10);
  hold("ada", "ada's large step").take(90);
  hold("eve").take(90);
  const grace = hold("grace");
  expect(grace.take(60)).toBeUndefined();
  expect(grace.take(30)).toBeUndefined();
  expect(gaveWay).toEqual(["ada's large step"]);
  expect([held.bytes, held.bytesOf("ada"), held.bytesOf("grace")]).toEqual([190, 10, 90]);
});

test("when the process is full, the user who holds most is refused, and so is one who would hold as much", () => {
  const { held, hold, gaveWay } = open();
  const steps = ["a", "b", "c"].map((user) => hold(user));
  for (const [place, bytes] of [90, 80, 80].entries()) expect(steps[place]?.take(bytes)).toBeUndefined();
  expect(steps[0]?.take(1)).toBe("process");
  expect(steps[1]?.take(10)).toBe("process");
  expect(held.bytes).toBe(250);
  expect(gaveWay).toEqual([]);
});

test("no one gives way for bytes that would have no room even then", () => {
  const { held, hold, gaveWay } = open();
  for (let step = 0; step < 10; step += 1) hold("a").take(10);
  for (const user of ["b", "c"]) hold(user).take(75);
  const dave = hold("dave");
  // After two steps, `a` would hold no more than `dave`.
  expect(dave.take(80)).toBe("process");
  expect([held.bytes, gaveWay]).toEqual([250, []]);
  expect(dave.take(70)).toBeUndefined();
  expect(gaveWay).toEqual(["a", "a", "a", "b"]);
  expect(held.bytes).toBe(215);
});

test("to look for room takes none, and makes no one give way", () => {
  const { held, hold, gaveWay } = open();
  for (const user of ["a", "b"]) hold(user).take(100);
  hold("c").take(50);
  expect(held.look("dave", room, 60)).toBeUndefined();
  expect(held.look("dave", room, 100)).toBe("process");
  expect(held.look("dave", room, 101)).toBe("user");
  expect([held.bytes, held.bytesOf("dave"), gaveWay]).toEqual([250, 0, []]);
  expect(hold("dave").take(60)).toBeUndefined();
  expect([held.bytes, gaveWay]).toEqual([210, ["a"]]);
});

test("a step can give back what it did not need", () => {
  const { held, hold } = open();
  const step = hold("ada");
  step.take(90);
  step.trim(100);
  expect([step.bytes, held.bytes]).toEqual([90, 90]);
  step.trim(30);
  expect([step.bytes, held.bytes, held.bytesOf("ada")]).toEqual([30, 30, 30]);
  expect(hold("ada").take(70)).toBeUndefined();
  step.giveBack();
  step.trim(0);
  expect([held.bytes, held.bytesOf("ada")]).toEqual([70, 70]);
});

test("a step that is over counts nothing any more", () => {
  const { held, hold } = open();
  const step = hold("ada");
  step.take(5);
  step.giveBack();
  expect(step.take(1_000)).toBeUndefined();
  expect(held.bytes).toBe(0);
});

test("whatever users take and give back, the sums are right and never beyond the limits", () => {
  const { held, hold } = open();
  const steps: { user: string; step: Holding }[] = [];
  for (let round = 0; round < 1_000; round += 1) {
    const user = `user-${(round * 7) % 11}`;
    if (round % 3 === 0) steps.push({ user, step: hold(user) });
    const { step } = steps[(round * 13) % steps.length] ?? { step: hold(user) };
    if (round % 5 === 4) step.giveBack();
    else step.take((round * 31) % 47);
    const users = [...new Set(steps.map((each) => each.user))];
    expect(held.bytes).toBe(users.reduce((sum, each) => sum + held.bytesOf(each), 0));
    expect(held.bytes).toBeLessThanOrEqual(room.inAll);
    for (const each of users) expect(held.bytesOf(each)).toBeLessThanOrEqual(room.perUser);
  }
  for (const { step } of steps) step.giveBack();
  expect(held.bytes).toBe(0);
});
