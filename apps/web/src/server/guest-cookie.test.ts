import { expect, test } from "vitest";
import { guestCookie, guestInCookies, newGuestUserId, signGuest, verifyGuest } from "./guest-cookie";

const secret = "a secret of the tests, long enough";
const ada = { userId: "guest_AAAAAAAAAAAAAAAAAAAAAAAA", isNew: false };
const bob = { userId: "guest_BBBBBBBBBBBBBBBBBBBBBBBB", isNew: false };

test("a new guest has a random id that the cookie accepts", () => {
  const guests = new Set(Array.from({ length: 100 }, newGuestUserId));
  expect(guests.size).toBe(100);
  for (const userId of guests) {
    expect(userId).toMatch(/^guest_[A-Za-z0-9_-]{22,}$/);
    for (const isNew of [true, false]) {
      expect(verifyGuest(signGuest({ userId, isNew }, secret), secret)).toEqual({ userId, isNew });
    }
  }
});

const mac = signGuest(ada, secret).slice(ada.userId.length + 1);
test.each([
  ["another user with the same signature", `${bob.userId}.${mac}`],
  ["a signature made with another secret", signGuest(ada, "another secret of the tests")],
  ["no signature", ada.userId],
  ["an empty signature", `${ada.userId}.`],
  ["a truncated signature", `${ada.userId}.${mac.slice(0, -1)}`],
  ["extra text after the signature", `${ada.userId}.${mac}.${mac}`],
  ["a signed id that is not a guest's", signGuest({ userId: "admin", isNew: false }, secret)],
  ["a signature of multi-byte characters", `${ada.userId}.${"é".repeat(mac.length)}`],
  ["an empty value", ""],
])("%s is refused", (_what, value) => {
  expect(verifyGuest(value, secret)).toBeNull();
});

test("the guest is found among other cookies", () => {
  const header = `theme=dark; xmcp_guest=1; mcp_guest=${signGuest(ada, secret)}; last`;
  expect(guestInCookies(header, "mcp_guest", secret)).toEqual(ada);
  expect(guestInCookies("theme=dark", "mcp_guest", secret)).toBeNull();
  expect(guestInCookies(null, "mcp_guest", secret)).toBeNull();
});

test("a forged cookie beside a genuine one changes nothing; two different genuine ones cancel each other out", () => {
  const genuine = `mcp_guest=${signGuest(ada, secret)}`;
  expect(guestInCookies(`mcp_guest=${bob.userId}.forged; ${genuine}`, "mcp_guest", secret)).toEqual(ada);
  expect(guestInCookies(`mcp_guest=${signGuest(bob, secret)}; ${genuine}`, "mcp_guest", secret)).toBeNull();
});

test("of a guest's two cookies, the one that says that they have counted is believed, whatever the order", () => {
  const cookies = [true, false].map((isNew) => `mcp_guest=${signGuest({ ...ada, isNew }, secret)}`);
  for (const header of [cookies.join("; "), cookies.toReversed().join("; ")]) {
    expect(guestInCookies(header, "mcp_guest", secret)).toEqual(ada);
  }
});

test("scripts and other sites cannot use the cookie, and over https it is bound to its host", () => {
  const both = { value: "a", httpOnly: true, sameSite: "lax", path: "/", maxAge: 31_536_000 };
  const secure = { ...both, name: "__Host-mcp_guest", secure: true };
  expect(guestCookie("a", new URL("https://app.example.com"))).toEqual(secure);
  const plain = { ...both, name: "mcp_guest", secure: false };
  expect(guestCookie("a", new URL("http://127.0.0.1:3000"))).toEqual(plain);
});
