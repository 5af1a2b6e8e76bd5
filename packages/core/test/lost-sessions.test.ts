import { expect, test } from "vitest";
import { connectedToLegacy, handshakeMethods, type Refusal, refuse } from "./legacy-server.js";

/** A server with transport sessions that refuses the first call. */
function refusingOnce(refusal: Refusal) {
  let refusals = 1;
  return connectedToLegacy({
    session: "a",
    call: (message, response) => refusals-- > 0 && refuse(refusal, message, response),
  });
}

const error = (code: number, message: string) => ({ code, message });

test.each<Refusal>([
  { status: 404 },
  { status: 404, id: null, error: error(-32_001, "Session not found") },
  { status: 404, error: error(-32_001, "Session not found") },
  { status: 400, id: null, error: error(-32_000, "Bad Request: No valid session ID provided") },
  { status: 400, id: undefined, error: error(-32_603, "Session expired") },
  { status: 400, id: "server-error", error: error(-32_600, "Bad Request: Missing session ID") },
  { status: 400, id: "server-error", error: error(-32_602, "Invalid session") },
  { status: 400, error: error(-32_600, "Unknown session") },
  { status: 400, error: error(-32_099, "Session expired") },
])("a call is sent once more after a refusal that says that the session is lost: %j", async (refusal) => {
  const { call, take } = await refusingOnce(refusal);
  expect(await call()).toMatchObject({ content: [{ text: "one" }] });
  expect(take()).toEqual(["tools/call", ...handshakeMethods, "tools/call"]);
});

test.each<Refusal>([
  { status: 400, error: error(-32_603, "Checkout session expired") },
  { status: 400, error: error(-32_602, "session_id is required") },
  { status: 400, error: error(-31_999, "The session of the browser is over") },
  { status: 400, error: error(-32_100, "The session of the browser is over") },
  { status: 400, error: error(1, "The session of the browser is over") },
  { status: 400, error: error(-32_602, "Invalid arguments") },
])("an error that answers the call is not sent again, and leaves the handshake to all: %j", async (refusal) => {
  const { call, take } = await refusingOnce(refusal);
  await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR" });
  expect(await call()).toMatchObject({ content: [{ text: "one" }] });
  expect(take()).toEqual(["tools/call", "tools/call"]);
});

test("after 404 with an answer to the call, only the next one makes a handshake", async () => {
  const { call, take } = await refusingOnce({ status: 404, error: error(-32_603, "No such order") });
  await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR" });
  expect(take()).toEqual(["tools/call", "DELETE"]);
  await call();
  expect(take()).toEqual([...handshakeMethods, "tools/call"]);
});
