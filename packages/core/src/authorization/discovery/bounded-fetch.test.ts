import { gzipSync } from "node:zlib";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { OAuthError, refreshAuthorization } from "@modelcontextprotocol/client";
import { expect, onTestFinished, test } from "vitest";
import { fetchFrom } from "../../samples.fixture.js";
import { boundedFetch } from "./bounded-fetch.js";

/** A server that answers with `body`, and a fetch that reads at most 1 KiB of it. */
async function serve(body: string | Buffer, headers: Record<string, string> = {}, status = 200) {
  const { origin, host, close } = await startLoopbackServer((_request, response) => {
    response.writeHead(status, headers).end(body);
  });
  onTestFinished(close);
  const fetch = boundedFetch(fetchFrom([host]), { ms: 5_000, bytes: 1_024 });
  return { origin, host, fetch };
}

test("an answer arrives unchanged, with its status and headers", async () => {
  const { origin, fetch } = await serve("é".repeat(512), { "x-kind": "short" }, 418);
  const answer = await fetch(origin);
  expect([answer.status, answer.headers.get("x-kind"), await answer.text()]).toEqual([418, "short", "é".repeat(512)]);
  const empty = await serve("", {}, 204);
  expect((await empty.fetch(empty.origin)).status).toBe(204);
});

test("an answer one byte over the limit is refused, and so is a compressed one that grows beyond it", async () => {
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

test("an endless answer is not read past the limit", async () => {
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

test("an answer that breaks off is reported as incomplete, and can be retried", async () => {
  const { origin, host, close } = await startLoopbackServer((_request, response) => {
    response.writeHead(200, { "content-length": "100" }).write("half");
    setTimeout(() => response.destroy(), 50);
  });
  onTestFinished(close);
  const fetch = boundedFetch(fetchFrom([host]), { ms: 5_000, bytes: 1_024 });
  await expect(fetch(origin)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} did not send its whole answer`,
    retryable: true,
  });
});

test("a redirect is a normal answer to a GET and an error for a POST", async () => {
  const { origin, fetch } = await serve("", { location: "/elsewhere" }, 307);
  expect((await fetch(origin)).headers.get("location")).toBe("/elsewhere");
  await expect(fetch(origin, { method: "POST", body: "secret" })).rejects.toMatchObject({
    code: "AUTHORIZATION_FAILED",
  });
});

test("the SDK understands a refusal: the answer is a Response of this realm", async () => {
  const { origin, fetch } = await serve('{"error":"invalid_grant"}', { "content-type": "application/json" }, 400);
  const refreshing = refreshAuthorization(origin, {
    clientInformation: { client_id: "ours" },
    refreshToken: "refresh",
    fetchFn: fetch,
  });
  expect(await refreshing.catch((error: unknown) => error)).toBeInstanceOf(OAuthError);
  expect(await refreshing.catch((error: OAuthError) => error.code)).toBe("invalid_grant");
});
