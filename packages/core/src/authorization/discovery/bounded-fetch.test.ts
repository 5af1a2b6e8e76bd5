import { gzipSync } from "node:zlib";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { OAuthError, refreshAuthorization } from "@modelcontextprotocol/client";
import { expect, onTestFinished, test } from "vitest";
import { fetchFrom } from "../../samples.fixture.js";
import { boundedFetch } from "./bounded-fetch.js";

/** A server that answers with a text, and a fetch that reads 1 KiB of it. */
async function serve(body: string | Buffer, headers: Record<string, string> = {}, status = 200) {
  const { origin, host, close } = await startLoopbackServer((_request, response) => {
    response.writeHead(status, headers).end(body);
  });
  onTestFinished(close);
  const fetch = boundedFetch(fetchFrom([host]), { ms: 5_000, bytes: 1_024 });
  return { origin, host, fetch };
}

test("an answer comes as it is, status, headers and all", async () => {
  const { origin, fetch } = await serve("é".repeat(512), { "x-kind": "short" }, 418);
  const answer = await fetch(origin);
  expect([answer.status, answer.headers.get("x-kind"), await answer.text()]).toEqual([418, "short", "é".repeat(512)]);
  const empty = await serve("", {}, 204);
  expect((await empty.fetch(empty.origin)).status).toBe(204);
});

test("one byte more than the limit is too much, also when it travels compressed", async () => {
  for (const { origin, host, fetch } of [
    await serve("x".repeat(1_025)),
    await serve(gzipSync("x".repeat(5_000_000)), { "content-encoding": "gzip" }),
  ]) {
    await expect(fetch(origin)).rejects.toMatchObject({
      code: "AUTHORIZATION_FAILED",
      message: `${host} answered with more than 1 KiB`,
    });
  }
});

test("what has no end is not read any further", async () => {
  let ended = false;
  const { origin, host, close } = await startLoopbackServer((_request, response) => {
    const write = () => !ended && response.write("x".repeat(1_024)) && setImmediate(write);
    response.on("drain", write).on("close", () => {
      ended = true;
    });
    write();
  });
  onTestFinished(close);
  const fetch = boundedFetch(fetchFrom([host]), { ms: 5_000, bytes: 1_024 });
  await expect(fetch(origin)).rejects.toMatchObject({ message: `${host} answered with more than 1 KiB` });
  await eventually(() => ended);
});

test("an answer that breaks off is told as such, and may be asked for again", async () => {
  const { origin, host, close } = await startLoopbackServer((_request, response) => {
    response.writeHead(200, { "content-length": "100" }).write("half");
    setTimeout(() => response.destroy(), 50);
  });
  onTestFinished(close);
  const fetch = boundedFetch(fetchFrom([host]), { ms: 5_000, bytes: 1_024 });
  await expect(fetch(origin)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} did not send its answer in full`,
    retryable: true,
  });
});

test("a redirect is an answer to a GET, and an error for what carries something", async () => {
  const { origin, fetch } = await serve("", { location: "/elsewhere" }, 307);
  expect((await fetch(origin)).headers.get("location")).toBe("/elsewhere");
  await expect(fetch(origin, { method: "POST", body: "secret" })).rejects.toMatchObject({
    code: "AUTHORIZATION_FAILED",
  });
});

test("the SDK sees what the server refuses: the answer is a Response of this realm", async () => {
  const { origin, fetch } = await serve('{"error":"invalid_grant"}', { "content-type": "application/json" }, 400);
  const refreshing = refreshAuthorization(origin, {
    clientInformation: { client_id: "ours" },
    refreshToken: "refresh",
    fetchFn: fetch,
  });
  expect(await refreshing.catch((error: unknown) => error)).toBeInstanceOf(OAuthError);
  expect(await refreshing.catch((error: OAuthError) => error.code)).toBe("invalid_grant");
});
