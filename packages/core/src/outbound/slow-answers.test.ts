import type { ServerResponse } from "node:http";
import { eventually } from "@mcp-assistant/testing/eventually";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { fetchFrom } from "../samples.fixture.js";

/** Sends a request to a server with the given behaviour, with a timeout of 300 ms. */
async function ask(answer: (response: ServerResponse) => void) {
  let open = 0;
  const server = await startLoopbackServer((_request, response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
    answer(response);
  });
  onTestFinished(server.close);
  const asked = fetchFrom([server.host], { timeout: 300 })(server.origin);
  return { asked, host: server.host, open: () => open };
}

/** Calls `write` every 20 ms until the connection closes. */
function drip(response: ServerResponse, write: () => void): void {
  const dripping = setInterval(write, 20);
  response.on("close", () => clearInterval(dripping));
}

const onTime = (begun: number) => expect(performance.now() - begun).toBeLessThan(2_500);

test("a head that arrives byte by byte does not extend the timeout", async () => {
  const begun = performance.now();
  const { asked, host, open } = await ask((response) => {
    const { socket } = response;
    socket?.write("HTTP/1.1 200 OK\r\n");
    drip(response, () => socket?.write("x: y\r\n"));
  });
  await expect(asked).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} cannot be reached (no answer)`,
  });
  onTime(begun);
  await eventually(() => open() === 0);
});

test("endless interim answers (1xx) do not extend the timeout", async () => {
  const begun = performance.now();
  const { asked } = await ask((response) => drip(response, () => response.writeProcessing()));
  await expect(asked).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  onTime(begun);
});

test("a body that arrives byte by byte does not extend the timeout", async () => {
  const begun = performance.now();
  const { asked, host, open } = await ask((response) => {
    response.writeHead(200, { "content-type": "application/json" });
    drip(response, () => response.write(" "));
  });
  await expect(asked).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} did not send its whole answer`,
    retryable: true,
  });
  onTime(begun);
  await eventually(() => open() === 0);
});

test("an event stream may last longer than the timeout as long as it is not silent", async () => {
  const { asked } = await ask((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    let events = 0;
    drip(response, () => {
      response.write("data: 1\n\n");
      events += 1;
      if (events === 30) response.end();
    });
  });
  expect((await (await asked).text()).match(/data: 1/g)).toHaveLength(30);
});

test("an event stream that falls silent is ended and reported", async () => {
  const begun = performance.now();
  const { asked, host, open } = await ask((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
  });
  await expect((await asked).text()).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: `${host} did not send its whole answer`,
  });
  onTime(begun);
  await eventually(() => open() === 0);
});

test("an answer that breaks off is reported as such", async () => {
  const { asked, host } = await ask((response) => {
    response.writeHead(200, { "content-length": "100" }).write("half");
    setTimeout(() => response.destroy(), 20);
  });
  await expect(asked).rejects.toMatchObject({ message: `${host} did not send its whole answer` });
});
