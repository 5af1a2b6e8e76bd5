import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@mcp-assistant/testkit/ports";
import { afterEach, expect, test } from "vitest";
import { fetchFrom } from "../fixtures.contract.js";
import { withDeadline } from "./guarded-fetch.js";

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server on this machine, and the addresses that it was asked for. */
async function serve(answer: RequestListener) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, url: `http://${host}`, paths, fetch: fetchFrom([host]) };
}

test("an allowed request goes out as it is, and its answer comes back", async () => {
  const { url, fetch } = await serve((request, response) => {
    response.writeHead(201, { "x-method": request.method, "x-key": request.headers["x-key"] });
    request.pipe(response);
  });
  const answer = await fetch(`${url}/path?a=1`, { method: "POST", headers: { "x-key": "k" }, body: "body" });
  expect(answer.status).toBe(201);
  expect(Object.fromEntries(answer.headers)).toMatchObject({ "x-method": "POST", "x-key": "k" });
  expect(await answer.text()).toBe("body");
});

test("an address that is not allowed is never asked", async () => {
  const { url, paths } = await serve((_request, response) => response.end());
  const fetch = fetchFrom([]);
  await expect(fetch(`${url}/`)).rejects.toMatchObject({ code: "SERVER_URL_FORBIDDEN" });
  expect(paths).toEqual([]);
});

test.each([301, 302, 303, 307, 308])(
  "a redirect (%i) is answered, not followed, even when the caller asks for it",
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

test("a port that refuses is told with the host, and nothing else of the URL", async () => {
  const host = `127.0.0.1:${await freePort()}`;
  const fetch = fetchFrom([host]);
  const refused = fetch(`http://${host}/path?key=topsecret`, { headers: { authorization: "Bearer topsecret" } });
  await expect(refused).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} cannot be reached (it refuses connections)`,
    retryable: true,
  });
  expect(JSON.stringify(await refused.catch((error: unknown) => error))).not.toContain("topsecret");
});

test("a server that hangs up is told as such", async () => {
  const { url, host, fetch } = await serve((request) => request.socket.destroy());
  await expect(fetch(url)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} cannot be reached (it closed the connection)`,
  });
});

test("a name that does not exist is told without a reason, as every public host is", async () => {
  await expect(fetchFrom([])("http://no-such-host.invalid/")).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: "no-such-host.invalid cannot be reached",
    retryable: true,
  });
});

test("an abort passes as it is", async () => {
  const { url, fetch } = await serve(() => undefined);
  const controller = new AbortController();
  const asked = fetch(url, { signal: controller.signal });
  controller.abort();
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});

test("a server that does not answer in time is told as such", async () => {
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

test("a deadline holds for all requests together, and for the bodies of their answers", async () => {
  const { url, host, fetch } = await serve((request, response) => {
    if (request.url === "/never") return;
    response.write("one byte, and then ");
  });
  const bounded = withDeadline(fetch, 100);
  const begun = performance.now();
  await expect(bounded(`${url}/slow`)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} did not send its answer in full`,
  });
  await expect(bounded(`${url}/never`)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  expect(performance.now() - begun).toBeLessThan(1_000);
});

test("a deadline does not take the caller's own abort away", async () => {
  const { url, fetch } = await serve(() => undefined);
  const controller = new AbortController();
  const asked = withDeadline(fetch, 60_000)(url, { signal: controller.signal });
  controller.abort();
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});
