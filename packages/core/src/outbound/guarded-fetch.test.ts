import { getEventListeners } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "@mcp-assistant/testing/eventually";
import { freePort } from "@mcp-assistant/testkit/ports";
import { afterEach, expect, test } from "vitest";
import { fetchFrom } from "../samples.fixture.js";
import { withDeadline } from "./guarded-fetch.js";

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server on this machine. It records the paths requested and the ports that the requests came from. */
async function serve(answer: RequestListener) {
  const paths: string[] = [];
  const ports: unknown[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    ports.push(request.socket.remotePort);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, url: `http://${host}`, paths, ports, fetch: fetchFrom([host]) };
}

test("an allowed request is sent unchanged, and its answer is returned", async () => {
  const { url, fetch } = await serve((request, response) => {
    response.writeHead(201, { "x-method": request.method, "x-key": request.headers["x-key"] });
    request.pipe(response);
  });
  const answer = await fetch(`${url}/path?a=1`, { method: "POST", headers: { "x-key": "k" }, body: "body" });
  expect(answer.status).toBe(201);
  expect(Object.fromEntries(answer.headers)).toMatchObject({ "x-method": "POST", "x-key": "k" });
  expect(await answer.text()).toBe("body");
});

test("an address that is not allowed gets no request", async () => {
  const { url, paths } = await serve((_request, response) => response.end());
  const fetch = fetchFrom([]);
  await expect(fetch(`${url}/`)).rejects.toMatchObject({ code: "SERVER_URL_FORBIDDEN" });
  expect(paths).toEqual([]);
});

test.each([301, 302, 303, 307, 308])(
  "a redirect (%i) is returned, not followed, even when the caller asks to follow it",
  async (status) => {
    const { url, fetch, paths } = await serve((_request, response) => {
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
    const answer = await fetch(`${url}/start`, { redirect: "follow" });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("location")).toBe("/elsewhere");
    expect(paths).toEqual(["/start"]);
  },
);

test("a refused connection is reported with the host and no other part of the URL", async () => {
  const host = `127.0.0.1:${await freePort()}`;
  const fetch = fetchFrom([host]);
  const refused = fetch(`http://${host}/path?key=topsecret`, { headers: { authorization: "Bearer topsecret" } });
  await expect(refused).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} cannot be reached (connection refused)`,
    retryable: true,
  });
  expect(JSON.stringify(await refused.catch((error: unknown) => error))).not.toContain("topsecret");
});

test("a server that closes the connection is reported as such", async () => {
  const { url, host, fetch } = await serve((request) => request.socket.destroy());
  await expect(fetch(url)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} cannot be reached (connection closed)`,
  });
});

test("a name that does not exist is reported without a reason, as for every public host", async () => {
  await expect(fetchFrom([])("http://no-such-host.invalid/")).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: "no-such-host.invalid cannot be reached",
    retryable: true,
  });
});

test("an abort of the caller is passed on unchanged", async () => {
  const { url, fetch } = await serve(() => undefined);
  const controller = new AbortController();
  const asked = fetch(url, { signal: controller.signal });
  controller.abort();
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});

test("a server that does not answer in time is reported as such", async () => {
  const { url, host, fetch } = await serve(() => undefined);
  await expect(fetch(url, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} cannot be reached (no answer)`,
  });
});

test("an address that is not http(s) is not dialled", async () => {
  const fetch = fetchFrom([]);
  for (const url of ["data:,x", "file:///etc/passwd", "blob:x", "ftp://1.1.1.1/"]) {
    await expect(fetch(url)).rejects.toMatchObject({ code: "SERVER_URL_FORBIDDEN" });
  }
});

test("a deadline covers all requests together, and the bodies of their answers", async () => {
  const { url, host, fetch } = await serve((request, response) => {
    if (request.url === "/never") return;
    response.write("one byte, and then ");
  });
  const bounded = withDeadline(fetch, 100);
  const begun = performance.now();
  await expect(bounded(`${url}/slow`)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} did not send its whole answer`,
  });
  await expect(bounded(`${url}/never`)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  expect(performance.now() - begun).toBeLessThan(1_000);
});

test("a deadline does not disable the caller's own abort", async () => {
  const { url, fetch } = await serve(() => undefined);
  const controller = new AbortController();
  const asked = withDeadline(fetch, 60_000)(url, { signal: controller.signal });
  controller.abort();
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});

test("an answer is a Response of this realm, with all its headers, and of its content type only the media type", async () => {
  const { url, fetch } = await serve((_request, response) => {
    response.writeHead(200, [
      ...["set-cookie", "a=1; Path=/"],
      ...["set-cookie", "b=2"],
      ...["content-type", "application/json; charset=utf-8"],
      ...["x-twice", "one"],
      ...["x-twice", "two"],
    ]);
    response.end('{"text":"grüße"}');
  });
  const answer = await fetch(url);
  expect(answer).toBeInstanceOf(Response);
  expect(answer.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
  expect([answer.ok, answer.headers.get("x-twice"), answer.headers.get("content-type")]).toEqual([
    true,
    "one, two",
    "application/json",
  ]);
  expect(await answer.json()).toEqual({ text: "grüße" });
});

test("a form is sent with its content type, and the caller's headers override ours", async () => {
  const { url, fetch } = await serve((request, response) => {
    response.writeHead(200, { "x-type": request.headers["content-type"], "x-agent": request.headers["user-agent"] });
    request.pipe(response);
  });
  const body = new URLSearchParams({ grant_type: "refresh_token", scope: "a b" });
  const answer = await fetch(url, { method: "POST", body, headers: { "User-Agent": "theirs" } });
  expect([answer.headers.get("x-type"), answer.headers.get("x-agent"), await answer.text()]).toEqual([
    "application/x-www-form-urlencoded;charset=UTF-8",
    "theirs",
    "grant_type=refresh_token&scope=a+b",
  ]);
});

test.each([202, 204, 304])("a %i answer has no body", async (status) => {
  const { url, fetch } = await serve((_request, response) => response.writeHead(status).end());
  const answer = await fetch(url);
  expect([answer.status, answer.body, await answer.text()]).toEqual([status, null, ""]);
});

test("a status code that does not exist is reported as a defect of the server", async () => {
  const { url, host, fetch } = await serve((_request, response) => response.writeHead(999).end("{}"));
  await expect(fetch(url)).rejects.toMatchObject({
    code: "SERVER_ERROR",
    message: `${host} sent an answer that is not valid HTTP`,
  });
});

test("requests to one origin reuse connections", async () => {
  const { url, fetch, ports } = await serve((_request, response) => response.end("{}"));
  for (let round = 0; round < 20; round++) await (await fetch(url)).text();
  expect(new Set(ports).size).toBeLessThan(4);
});

test("a head of more than 16 KiB is refused", async () => {
  const { host, url, fetch } = await serve((_request, response) => {
    response.writeHead(200, { "x-long": "x".repeat(20_000) }).end();
  });
  await expect(fetch(url)).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: `${host} sent more than 16 KiB of headers`,
  });
});

test("10 000 requests leave no abort listener on their shared signal", async () => {
  const { url, fetch } = await serve((request, response) => {
    const type = request.url === "/stream" ? "text/event-stream" : "application/json";
    response.writeHead(request.url === "/cut" ? 500 : 200, { "content-type": type });
    if (request.url === "/cut") response.destroy();
    else response.end("data: {}\n\n");
  });
  const { signal } = new AbortController();
  const ask = async (path: string) => (await fetch(`${url}${path}`, { signal })).text().catch(() => undefined);
  for (let round = 0; round < 313; round++) {
    const paths = ["/", "/stream", "/cut", "/"];
    await Promise.all(Array.from({ length: 32 }, (_, n) => ask(paths[n % 4] ?? "/").catch(() => undefined)));
  }
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("a caller that aborts in the middle of an answer gets its own reason, and the server sees the connection close", async () => {
  let gone = false;
  const { url, fetch } = await serve((_request, response) => {
    response.on("close", () => {
      gone = true;
    });
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
  });
  const controller = new AbortController();
  const reader = (await fetch(url, { signal: controller.signal })).body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: 1\n\n");
  controller.abort(new Error("enough"));
  await expect(reader?.read()).rejects.toThrow("enough");
  await eventually(() => gone);
});

test("a cancelled stream leaves no open connection", async () => {
  let open = 0;
  const { url, fetch } = await serve((_request, response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
  });
  for (let round = 0; round < 3; round++) await (await fetch(url)).body?.cancel();
  await eventually(() => open === 0);
});

test("a stream without a reader is not read ahead", async () => {
  let sent = 0;
  const { url, fetch } = await serve((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const piece = Buffer.from(`data: ${"x".repeat(65_528)}\n\n`);
    const send = () => {
      sent += piece.length;
      if (!response.closed) response.write(piece, send);
    };
    send();
  });
  const { body } = await fetch(url);
  const reader = body?.getReader();
  await reader?.read();
  await eventually(async () => {
    const before = sent;
    await pause(200);
    return sent === before;
  });
  // The buffers of the sockets on both sides.
  expect(sent).toBeLessThan(32 * 1_048_576);
  await reader?.cancel();
});
