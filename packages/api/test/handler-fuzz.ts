import {
  type FuzzSizes,
  garbledText,
  holdsForAll,
  hostileJson,
  mutated,
  mutatedText,
} from "@mcp-assistant/testing/fuzz";
import fc from "fast-check";
import { beforeAll, describe, test } from "vitest";
import { type Asked, askers, leavesThisMachine, openFuzzedApp } from "./fuzzed-app.js";

const trpc = "/api/mcp/trpc";
const methods = ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD"];

/** Any text that a request header can carry (Fetch, header value). */
const headerText = garbledText.map((text) =>
  text
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "")
    .slice(0, 4_000)
    .trim(),
);

const headers = fc.dictionary(
  fc.constantFrom(
    ...["accept", "authorization", "content-type", "cookie", "host", "last-event-id", "origin", "purpose", "referer"],
    ...["sec-fetch-mode", "sec-fetch-site", "sec-purpose", "trpc-accept", "trpc-batch-mode", "x-forwarded-host"],
    ...["x-forwarded-proto", "x-http-method-override", "x-trpc-source", "x-user-id"],
  ),
  fc.oneof(
    headerText,
    fc.constantFrom(
      "application/json",
      "application/jsonl",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
    ),
    fc.constantFrom("text/event-stream", "application/octet-stream", "http://127.0.0.1:9", "null", "same-origin", "1"),
  ),
  { maxKeys: 4 },
);

const asker = fc.constantFrom(...askers);

type Known = Awaited<ReturnType<typeof openFuzzedApp>>["known"];

/** A procedure with a valid input, for the stranger's own session or the owner's. */
function validCalls(known: Known): fc.Arbitrary<{ procedure: string; input: unknown }> {
  const sessions = [
    known.ownSession,
    known.ownerSession,
    known.waitingSession,
    "xxxmade-up-but-of-the-right-shape.notes",
  ];
  return fc.constantFrom(...sessions).chain((sessionId) =>
    fc.constantFrom(
      { procedure: "connections.list", input: {} },
      {
        procedure: "connections.connect",
        input: {
          serverUrl: known.modernUrl,
          serverName: "A",
          serverId: "a",
          transportType: "auto",
          headers: { "X-Key": "k" },
        },
      },
      { procedure: "connections.reconnect", input: { sessionId, headers: { "X-Key": "k" } } },
      { procedure: "tools.list", input: { sessionId } },
      // The stranger's own session is kept, so that tool calls can get through.
      ...(sessionId === known.ownSession ? [] : ["disconnect", "signOut", "remove"]).map((name) => ({
        procedure: `connections.${name}`,
        input: { sessionId },
      })),
      { procedure: "tools.call", input: { sessionId, name: "add", arguments: { a: 20, b: 22 } } },
      { procedure: "events.subscribe", input: { lastEventId: "1-0", userKey: "rkbbwQy5udDMEwIPGpmTEn" } },
      { procedure: "events.userKey", input: {} },
    ),
  );
}

const queries = new Set(["connections.list", "tools.list", "events.subscribe", "events.userKey"]);

/** The same calls with something wrong in the input, or with nothing but noise. */
function calls(known: Known) {
  return validCalls(known)
    .chain(({ procedure, input }) =>
      fc
        .oneof(
          { weight: 6, arbitrary: mutated(fc.constant(input)) },
          { weight: 1, arbitrary: fc.constant(input) },
          { weight: 1, arbitrary: hostileJson },
        )
        .map((wrong) => ({ procedure, input: wrong })),
    )
    .filter(({ input }) => !leavesThisMachine(input));
}

type Call = { procedure: string; input: unknown };

/** A call as a tRPC client sends it. Another property covers HEAD and wrong methods. */
function single({ procedure, input }: Call, who: Asked["asker"]): Asked {
  const text = JSON.stringify(input) ?? "";
  const path = `${trpc}/mcp.${procedure}`;
  if (queries.has(procedure))
    return {
      asker: who,
      method: "GET",
      path: `${path}?input=${encodeURIComponent(text.toString().replaceAll(/\p{Surrogate}/gu, ""))}`,
    };
  return { asker: who, method: "POST", path, headers: { "content-type": "application/json" }, body: text };
}

function batch(all: readonly Call[], who: Asked["asker"], extra: Readonly<Record<string, string>>): Asked {
  const paths = all.map(({ procedure }) => `mcp.${procedure}`).join(",");
  const inputs = JSON.stringify(Object.fromEntries(all.map(({ input }, index) => [index, input])));
  const isQuery = all.every(({ procedure }) => queries.has(procedure));
  const query = isQuery ? `&input=${encodeURIComponent(inputs)}` : "";
  return {
    asker: who,
    method: isQuery ? "GET" : "POST",
    path: `${trpc}/${paths}?batch=1${query}`,
    headers: { "content-type": "application/json", ...extra },
    body: isQuery ? undefined : inputs,
  };
}

/** Nested deeply enough to overflow the stack of a recursive reader. */
const deep = [100, 20_000].flatMap((depth) => [
  `${"[".repeat(depth)}${"]".repeat(depth)}`,
  `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
  "[".repeat(depth),
]);

/** Bodies that are not valid inputs: cut, doubled, too deep, or of other types. */
const bodies = ({ ownSession }: Known) => {
  const call = (argument: string) => `{"sessionId":"${ownSession}","name":"add","arguments":{"a":${argument}}}`;
  return fc.oneof(
    mutatedText(fc.constant(call('1,"b":[2,{"c":null}]'))),
    garbledText,
    fc.constantFrom(...deep, ...deep.map(call)),
    fc.constantFrom(
      "a=1&b=2",
      "--x\r\ncontent-disposition: form-data; name=__proto__[polluted]\r\n\r\n1\r\n--x--",
      "\ufeff{}",
      '{"a":1}{"a":1}',
    ),
  );
};

const paths = (known: Known) => {
  const routes = [
    `${trpc}/mcp.connections.list`,
    `${trpc}/mcp.tools.call`,
    `${trpc}/mcp.connections.list,mcp.events.userKey?batch=1&input={}`,
    "/api/mcp/auth/start?session=",
    `/api/mcp/auth/start?session=${known.ownerSession}&returnTo=/tools`,
    `/api/mcp/auth/start?session=${known.ownSession}`,
    `/api/mcp/auth/callback?state=${known.state}&code=a-code&iss=${encodeURIComponent(known.iss)}`,
    `/api/mcp/auth/callback?error=access_denied&state=${known.state}`,
    `/api/mcp/auth/issuer/${"a".repeat(42)}A?state=${known.state}&code=a-code`,
    `/api/mcp/auth/issuer/${"a".repeat(42)}A?error=access_denied&state=${known.state}`,
    `/api/mcp/auth/result/${known.attemptId}`,
    "/api/mcp/auth/result/foreign",
    "/api/mcp/client-metadata.json",
    "/api/mcp/connect",
    "/api/mcp/tool/call",
    "/api/mcp/sse",
    ...[
      "__proto__",
      "constructor",
      "toString",
      "mcp.constructor",
      "mcp.__proto__.connect",
      "mcp",
      "mcp.connections",
      "",
    ].map((name) => `${trpc}/${name}`),
  ];
  return fc.oneof(fc.constantFrom(...routes), mutatedText(fc.constantFrom(...routes))).filter((path) => {
    if (!URL.canParse(path, "http://127.0.0.1:9")) return false;
    return new URL(path, "http://127.0.0.1:9").origin === "http://127.0.0.1:9";
  });
};

/**
 * Whatever a stranger sends, the answer has a status below 500 and reveals no internals, no process ends, and nothing
 * of the owner's changes.
 */
export function handlerFuzz(sizes: FuzzSizes): void {
  describe("CVE-2025-68130, CVE-2026-52870: whatever a stranger sends gets one of our own errors and leaves the owner's connections unchanged", () => {
    let app: Awaited<ReturnType<typeof openFuzzedApp>>;
    beforeAll(async () => {
      app = await openFuzzedApp();
      return app.close;
    });

    test(
      "a procedure's input",
      async () => {
        const asked = fc.tuple(calls(app.known), asker).map(([call, who]) => single(call, who));
        await holdsForAll(sizes, asked, app.ask);
      },
      sizes.timeLimit,
    );

    test(
      "a batch of calls",
      async () => {
        const streamed = fc.constantFrom<Record<string, string>>({}, { "trpc-accept": "application/jsonl" });
        const asked = fc
          .tuple(fc.array(calls(app.known), { minLength: 1, maxLength: 25 }), asker, streamed)
          .map(([all, who, extra]) => batch(all, who, extra));
        await holdsForAll({ ...sizes, runs: sizes.runs / 10 }, asked, app.ask);
      },
      sizes.timeLimit,
    );

    test(
      "a body that is not a valid input",
      async () => {
        const names = fc.constantFrom(
          "mcp.connections.connect",
          "mcp.tools.call",
          "mcp.connections.remove",
          "mcp.connections.list,mcp.tools.call?batch=1",
        );
        const type = fc.constantFrom(
          "application/json",
          "text/plain",
          "multipart/form-data; boundary=x",
          "application/x-www-form-urlencoded",
          "application/octet-stream",
        );
        const asked = fc.record({
          asker,
          method: fc.constant("POST"),
          path: names.map((name) => `${trpc}/${name}`),
          body: bodies(app.known),
          headers: type.map((contentType) => ({ "content-type": contentType })),
        });
        await holdsForAll(sizes, asked, app.ask);
      },
      sizes.timeLimit,
    );

    test(
      "any method, path, query and header",
      async () => {
        const asked = fc
          .record({
            asker,
            method: fc.constantFrom(...methods),
            path: paths(app.known),
            headers,
            body: bodies(app.known),
          })
          .map((request) => (/^(?:GET|HEAD)$/.test(request.method) ? { ...request, body: undefined } : request));
        await holdsForAll(sizes, asked, app.ask);
      },
      sizes.timeLimit,
    );
  });
}
