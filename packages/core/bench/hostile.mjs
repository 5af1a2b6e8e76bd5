// What a hostile server costs the app's process and the app's other users. The clients, the hostile server and the
// honest server each run in their own process.
import { deepEqual } from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const bytes = 150_000_000;
/** How many users call the hostile server, one after the other. */
const times = 5;
const promised = { type: "object", properties: { text: { type: "string", pattern: "^(a+)+$" } } };
const tiny = Array.from({ length: 100_000 }, () => ({ type: "text", text: "" }));
const call = (answer) => ({ answers: { "tools/call": answer } });

const notification = JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info" } });
const reply = (contentType, body) => call({ kind: "reply", headers: { "content-type": contentType }, body });
const answer = (value) => `{"jsonrpc":"2.0","id":"<id>","result":{"content":[],"structuredContent":{"in":${value}}}}`;
const list = (value) => `{"jsonrpc":"2.0","id":"<id>","result":{"tools":[{"name":"whoami","in":${value}}]}}`;
/** Values of 4 MB with as many members as possible. */
const many = (unit) => unit.repeat(4_000_000 / unit.length).slice(0, -1);
/** As many members as a result may have, less those around them. */
const keys = (name) => Array.from({ length: 99_000 }, (_, at) => `"${name(at)}":1`).join();
/** Each level refers to the next one twice. */
const multiplying = {
  type: "object",
  allOf: [{ $ref: "#/$defs/l0" }],
  $defs: Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => {
      const next = { $ref: `#/$defs/l${at + 1}` };
      return [`l${at}`, at === 39 ? {} : { allOf: [next, next] }];
    }),
  ),
};
const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

const [limit, answered, invalid] = ["LIMIT_EXCEEDED", "answered", "SERVER_ERROR"];

/** Each with its expected outcome, which is checked: a measurement of any other outcome would mean nothing. */
const attacks = {
  "a huge result": [limit, call({ kind: "flood", as: "json", bytes })],
  "a huge event": [limit, call({ kind: "flood", as: "stream", bytes })],
  "a gzip bomb": [limit, call({ kind: "flood", as: "json", bytes, encoding: "gzip" })],
  "a brotli bomb": [limit, call({ kind: "flood", as: "stream", bytes, encoding: "br" })],
  "a result in 1-byte chunks": [limit, call({ kind: "crumbs", bytes: 2_000_000, each: 1 })],
  "a result in 16-byte chunks": [answered, call({ kind: "crumbs", bytes: 2_000_000, each: 16 })],
  "10 000 notifications a second": [limit, call({ kind: "notifications", perSecond: 10_000 })],
  "JSON nested a million levels deep": [limit, call({ kind: "deep", as: "stream", depth: 1_000_000 })],
  "50 000 tools": ["NOT_CONNECTED", { tools: Array.from({ length: 50_000 }, (_, at) => ({ name: `t${at}` })) }],
  "too many content blocks": [limit, { result: { content: tiny } }],
  "as many content blocks as allowed": [answered, { result: { content: tiny.slice(0, 10_000) } }],
  ...Object.fromEntries(
    [
      ...["informational answers", "informational answers with headers", "empty lines before the head"],
      ...["fields of a byte in an informational answer", "trailers of a byte"],
      ...["a reason phrase", "spaces before a header's value", "chunk extensions", "one chunk extension"],
      ...["zeros of a chunk's size", "trailers", "spaces in a trailer"],
      ...["gzip that holds nothing", "brotli that holds nothing"],
    ].map((of) => [`${of}, without end`, [limit, call({ kind: "wire", of })]]),
  ),
  "a head that arrives a byte at a time": [
    "REQUEST_TIMEOUT",
    call({ kind: "drip", as: "json", from: "head", every: 500 }),
  ],
  "a stream behind a byte 0xA0 in its content type": [
    invalid,
    reply("\u00a0text/event-stream", `{"x\n\n${`data: ${notification}\n\n`.repeat(40_000)}`),
  ],
  "events labelled as JSON": [
    invalid,
    reply("application/json", `{"x\n\n${`data: ${notification}\n\n`.repeat(40_000)}`),
  ],
  "20 000 levels behind letters like a byte order mark": [
    invalid,
    reply("text/event-stream", `\u00ef\u00bb\u00bfdata: ${answer(deep)}\n\n`),
  ],
  "four million empty lines": [invalid, reply("text/event-stream", "\n".repeat(4_000_000))],
  "a million ids without an event": [invalid, reply("text/event-stream", "id:a\n".repeat(800_000))],
  "half a million times to wait": [invalid, reply("text/event-stream", "retry:1\n".repeat(500_000))],
  "a result of two million members": [limit, reply("application/json", answer(`[${many("1,")}]`))],
  "an event of two million members": [limit, reply("text/event-stream", `data: ${answer(`[${many("1,")}]`)}\n\n`)],
  "a result of empty objects": [limit, reply("application/json", answer(`[[${many("{},")}]]`))],
  "as many members as allowed": [answered, reply("application/json", answer(`[${many("1,").slice(0, 199_000 - 1)}]`))],
  "a list of two million members": [
    "NOT_CONNECTED",
    {
      answers: {
        "tools/list": { kind: "reply", headers: { "content-type": "application/json" }, body: list(`[${many("1,")}]`) },
      },
    },
  ],
  "two different content types": [
    invalid,
    call({
      kind: "reply",
      headers: { "content-type": ["application/json", "text/event-stream"] },
      body: `data: ${answer(deep)}\n\n`,
    }),
  ],
  "half a million empty events": [limit, reply("text/event-stream", "data:\n\n".repeat(500_000))],
  "an event of half a million empty lines": [limit, reply("text/event-stream", `${"data:\n".repeat(500_000)}\n`)],
  "lines that end with carriage returns": [
    invalid,
    reply("text/event-stream", `:${"x".repeat(80)}\r`.repeat(4_000_000 / 82)),
  ],
  "events with long ids and types": [
    limit,
    reply("text/event-stream", `id:${"i".repeat(2_000)}\nevent:${"e".repeat(2_000)}\ndata:\n\n`.repeat(1_020)),
  ],
  "a batch of notifications": [limit, reply("application/json", `[${`${notification},`.repeat(40_000)}1]`)],
  "a thousand requests of its own": [
    limit,
    reply("text/event-stream", `data: ${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" })}\n\n`.repeat(1_000)),
  ],
  "a number of four million digits": [answered, reply("application/json", answer("1".repeat(4_000_000)))],
  "a string of escapes": [answered, reply("application/json", answer(`"${"\\u0061".repeat(690_000)}"`))],
  "as many keys as allowed": [answered, reply("application/json", answer(`{${keys((at) => `k${at}`)}}`))],
  "as many numbered keys as allowed": [answered, reply("application/json", answer(`{${keys((at) => at * 21_000)}}`))],
  "a description of four million accents": [
    answered,
    { tools: [{ name: "whoami", description: "\u0301".repeat(2e6) }] },
  ],
  "a schema whose references multiply": [
    answered,
    { tools: [{ name: "whoami", outputSchema: multiplying }], result: { structuredContent: { text: "a" } } },
  ],
  "a schema that compares all items with each other": [
    answered,
    {
      tools: [{ name: "whoami", outputSchema: { type: "object", properties: { in: { uniqueItems: true } } } }],
      result: { structuredContent: { in: Array.from({ length: 20_000 }, (_, at) => [at]) } },
    },
  ],
  "a pattern that backtracks forever": [
    answered,
    {
      tools: [{ name: "whoami", outputSchema: promised }],
      result: { structuredContent: { text: `${"a".repeat(60)}!` } },
    },
  ],
};

const offering = { capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} } };
const offered = (kind, result) => ({
  handshake: offering,
  answers: {
    [kind]: {
      kind: "reply",
      headers: { "content-type": "application/json" },
      body: `{"jsonrpc":"2.0","id":"<id>","result":${result}}`,
    },
  },
});
const resource = (at) => ({ uri: `a:${at}`, name: `n${at}`, description: "d".repeat(500) });
const asked = {
  "resources/list": { method: "listResources", args: [] },
  "resources/read": { method: "readResource", args: ["a:b"] },
  "prompts/get": { method: "getPrompt", args: ["a"] },
  "completion/complete": {
    method: "complete",
    args: [{ ref: { type: "ref/prompt", name: "a" }, argument: { name: "b", value: "" } }],
  },
};
const of = (outcome, kind, result) => [outcome, offered(kind, result), asked[kind]];

/** The same for what a server offers besides tools, with the question to ask. */
const attacksOnOffers = {
  "resources of two million members": of(limit, "resources/list", `{"resources":[{"uri":"a:b","in":[${many("1,")}]}]}`),
  "50 000 resources": of(limit, "resources/list", `{"resources":[${many('{"uri":"a:b"},')}]}`),
  "as many resources as allowed": of(
    answered,
    "resources/list",
    JSON.stringify({ resources: Array.from({ length: 5_000 }, (_, at) => resource(at)) }),
  ),
  "a resource of 8 MB": of(limit, "resources/read", `{"contents":[{"uri":"a:b","text":"${"x".repeat(8_000_000)}"}]}`),
  "as many contents as allowed": of(
    answered,
    "resources/read",
    `{"contents":[${'{"uri":"a:b","blob":""},'.repeat(10_000).slice(0, -1)}]}`,
  ),
  "a prompt of empty messages": of(limit, "prompts/get", `{"messages":[${many("{},")}]}`),
  "a completion of a million values": of(limit, "completion/complete", `{"completion":{"values":[${many('"",')}]}}`),
  "a completion of as many values as allowed": of(
    answered,
    "completion/complete",
    `{"completion":{"values":[${'"v",'.repeat(99_000).slice(0, -1)}]}}`,
  ),
};

function start(name, args = []) {
  return fork(fileURLToPath(new URL(`../test/${name}.mjs`, import.meta.url)), args, { execArgv: ["--expose-gc"] });
}

export async function measure() {
  const servers = [start("hostile-mcp-process"), start("hostile-mcp-process")];
  const urls = await Promise.all(servers.map(async (server) => (await once(server, "message"))[0]));
  const clients = start("hostile-mcp-worker", urls);
  try {
    const [{ largest }] = await once(clients, "message");
    const ask = async (question) => {
      clients.send(question);
      return (await once(clients, "message"))[0];
    };
    const rows = [];
    for (const [what, [outcome, attack, question]] of Object.entries({ ...attacks, ...attacksOnOffers })) {
      servers[0].send(attack);
      // Just before each attack, so that other load on the machine affects both.
      const alone = await ask({ wait: 1_000 });
      const { rss, turn, others, ...report } = await ask({ times, ask: question });
      deepEqual({ what, outcome: report.outcome, failed: others.failed }, { what, outcome: [outcome], failed: [] });
      rows.push({ what: `${what}: memory growth of the process`, measured: rss / 1_048_576, limit: 64, unit: "MiB" });
      const turns = `${what}: CPU time of a turn of the event loop, p99, compared with parsing 4 MB`;
      rows.push({ what: turns, measured: turn / largest, limit: 6, unit: "x" });
      const slower = others.median / alone.others.median;
      rows.push({ what: `${what}: another user's calls, median`, measured: slower, limit: 2, unit: "x" });
    }
    return rows;
  } finally {
    for (const child of [clients, ...servers]) child.kill();
  }
}
