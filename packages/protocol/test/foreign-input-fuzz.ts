import fc from "fast-check";
import { expect, test } from "vitest";
import {
  beginning,
  callToolInputSchema,
  compareEventIds,
  connectInputSchema,
  connectionEventSchema,
  connectionSchema,
  invalidInput,
  isEventId,
  isMcpSessionError,
  parseErrorInfo,
  reconnectInputSchema,
  serverUrlProblem,
  sessionInputSchema,
  subscribeInputSchema,
} from "../src/index.js";

interface FuzzSizes {
  /** Runs of each property. */
  runs: number;
  /** Default: a new one each time. A failure prints it. */
  seed?: number;
  /** ms for each property. */
  timeLimit: number;
}

export const shortForm: FuzzSizes = { runs: 2_000, seed: 1, timeLimit: 20_000 };
export const longForm: FuzzSizes = { runs: 15_000, timeLimit: 300_000 };

const inputs = {
  connect: connectInputSchema,
  reconnect: reconnectInputSchema,
  session: sessionInputSchema,
  call: callToolInputSchema,
  subscribe: subscribeInputSchema,
};

/** Long enough never to occur by chance. */
const canary = "canary-5f0c2d";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 60 }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.constantFrom("__proto__", "constructor", "1-0", "0-0", "sse", "http://[", "https://a@b", " ", "\ud800", "\u0000"),
  fc.constantFrom("a", "é", "[", " ", "9", "-").map((piece) => piece.repeat(3_000)),
);

const anything = fc.oneof(
  text,
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, [], {}, null, undefined),
);

const fields = ["serverUrl", "serverName", "serverId", "transportType", "headers", "sessionId", "name", "arguments"];

/** Inputs of the right shape with wrong fields, and with any names in headers and arguments. */
const shaped = fc.dictionary(
  fc.constantFrom(...fields, "lastEventId", "userKey", "userId"),
  fc.oneof(anything, fc.dictionary(text, fc.oneof(text, anything), { maxKeys: 6 })),
);

export function foreignInputFuzz({ timeLimit, runs: numRuns, seed }: FuzzSizes): void {
  const parameters = { numRuns, ...(seed === undefined ? {} : { seed }) };

  test.each(Object.entries(inputs))(
    "any input of %s is accepted or refused with one of our errors",
    (_, schema) => {
      const read = (value: unknown) => {
        const parsed = schema.safeParse(value);
        if (parsed.success) return;
        const { code, message, hint } = invalidInput(parsed.error);
        expect([code, message.length < 1_000, hint.length > 0]).toEqual(["INVALID_INPUT", true, true]);
      };
      fc.assert(fc.property(fc.oneof(anything, shaped), read), parameters);
      expect({}).not.toHaveProperty("polluted");
    },
    timeLimit,
  );

  test(
    "a refusal repeats neither a header's value nor its name",
    () => {
      const header = fc.oneof(
        fc.tuple(
          fc.constant("X-Key"),
          fc.oneof(text, fc.integer()).map((value) => `${value}${canary}\n`),
        ),
        fc.tuple(
          text.map((name) => `${name} ${canary}`),
          fc.oneof(text, fc.integer(), fc.constant(null)),
        ),
      );
      const headers = fc
        .array(header, { minLength: 1, maxLength: 40 })
        .map((pairs) => Object.fromEntries<unknown>(pairs));
      fc.assert(
        fc.property(headers, (sent) => {
          const parsed = connectInputSchema.safeParse({ serverUrl: "https://mcp.example.com", headers: sent });
          expect(parsed.success).toBe(false);
          if (parsed.error) expect(invalidInput(parsed.error).message).not.toContain(canary);
        }),
        parameters,
      );
    },
    timeLimit,
  );

  test(
    "accepted custom headers are valid headers and stay unchanged",
    () => {
      const near = fc.oneof(fc.string({ unit: "grapheme-ascii", maxLength: 12 }), text);
      fc.assert(
        fc.property(fc.dictionary(near, near, { maxKeys: 4 }), (sent) => {
          const parsed = connectInputSchema.safeParse({ serverUrl: "https://mcp.example.com", headers: sent });
          if (!parsed.success) return;
          const taken = Object.entries(parsed.data.headers ?? {});
          const headers = new Headers(taken);
          expect([...headers]).toHaveLength(taken.length);
          for (const [name, value] of taken) expect(headers.get(name)).toBe(value);
        }),
        parameters,
      );
    },
    timeLimit,
  );

  test(
    "a server's address is an http(s) URL without credentials, or the page says what is wrong with it",
    () => {
      fc.assert(
        fc.property(text, (typed) => {
          const problem = serverUrlProblem(typed);
          if (problem) return void expect(problem.message && problem.hint).not.toBe("");
          const { protocol, username, password } = new URL(typed.trim());
          expect([/^https?:$/.test(protocol), username, password]).toEqual([true, "", ""]);
        }),
        parameters,
      );
    },
    timeLimit,
  );

  test(
    "every text is an event id with an order, or is refused",
    () => {
      const number = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 66n }).map(String), text);
      const id = fc.oneof(
        text,
        fc.tuple(number, number).map((parts) => parts.join("-")),
      );
      fc.assert(
        fc.property(id, id, (one, other) => {
          if (!isEventId(one))
            return void expect(subscribeInputSchema.safeParse({ lastEventId: one }).success).toBe(false);
          expect(compareEventIds(one, beginning)).toBeGreaterThanOrEqual(0);
          if (isEventId(other)) expect(compareEventIds(one, other)).toBe(0 - compareEventIds(other, one));
        }),
        parameters,
      );
    },
    timeLimit,
  );

  test(
    "arbitrary values are not accepted as errors, connections or events",
    () => {
      fc.assert(
        fc.property(anything, (value) => {
          expect(isMcpSessionError(value)).toBe(false);
          expect(connectionSchema.safeParse(value).success).toBe(false);
          expect(connectionEventSchema.safeParse(value).success).toBe(false);
          expect(parseErrorInfo(value)).toBeUndefined();
        }),
        parameters,
      );
    },
    timeLimit,
  );
}
