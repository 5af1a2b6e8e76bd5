import { createHash } from "node:crypto";
import { parseUrl } from "@mcp-assistant/protocol";
import { Redis } from "ioredis";
import * as z from "zod";
import { parseJson } from "../src/parse-json.js";
import { ring } from "../src/samples.fixture.js";

export const storedValue = z.discriminatedUnion("type", [
  z.object({ key: z.string(), ttl: z.number(), type: z.literal("string"), value: z.string() }),
  z.object({ key: z.string(), ttl: z.number(), type: z.literal("set"), value: z.array(z.string()) }),
]);

const sealed = z.looseObject({ kid: z.string(), sealed: z.string() });
const owned = z.object({ userId: z.string(), sessionId: z.string(), serverUrl: z.string() });

/**
 * Writes what another version has stored, as if it had just done so, and as if its servers had been where they are today:
 * `moves` has the origins, from where to where. Seals are opened in their old place and closed in their new one.
 */
export async function writeMoved(
  url: string,
  values: readonly z.infer<typeof storedValue>[],
  { moves, redirectUrls }: { moves: ReadonlyMap<string, string>; redirectUrls: readonly string[] },
): Promise<void> {
  const move = (text: string) => [...moves].reduce((moved, [from, to]) => moved.replaceAll(from, to), text);
  const records = values.flatMap(({ key, value }) =>
    key.startsWith("mcp:session:") ? owned.parse(parseJson(String(value))) : [],
  );
  const registrations = [...moves].flatMap(([from, to]) =>
    redirectUrls.map((redirectUrl) => [hashOf(from, redirectUrl), hashOf(to, redirectUrl)] as const),
  );
  const ids = new Map(registrations);

  /** Where a value is sealed, and where it will be. */
  function placesOf(kind: string, id: string): [readonly string[], readonly string[]] {
    if (kind !== "credentials")
      return [
        [kind, id],
        [kind, ids.get(id) ?? id],
      ];
    const owner = records.find(({ sessionId }) => sessionId === id);
    const { userId, serverUrl } = owned.parse(owner);
    return [
      [kind, id, userId, serverUrl],
      [kind, id, userId, move(serverUrl)],
    ];
  }

  function resealed(kind: string, id: string, text: string): string {
    const stored = sealed.safeParse(parseJson(text)).data;
    if (!stored) return move(text).replace(/"until":\d+/, `"until":${Date.now() + 600_000}`);
    const [before, after] = placesOf(kind, id);
    const opened = ring.open(stored, before);
    if (opened === undefined) throw new Error(`${kind} ${id} cannot be opened`);
    // The order of the members is part of the format: scripts compare how a text begins.
    return JSON.stringify({ ...JSON.parse(text), ...ring.seal(move(opened), after) });
  }

  const raw = new Redis(url);
  for (const { key, ttl, ...stored } of values) {
    const [, kind = "", id = ""] = /^mcp:([\w-]+):(.*)$/.exec(key) ?? [];
    const newKey = `mcp:${kind}:${ids.get(id) ?? id}`;
    if (stored.type === "string") await raw.set(newKey, resealed(kind, id, stored.value));
    else await raw.sadd(newKey, ...stored.value);
    await raw.expire(newKey, ttl);
  }
  raw.disconnect();
}

const hashOf = (issuer: string, redirectUrl: string) =>
  createHash("sha256").update(`${issuer}\n${redirectUrl}`).digest("hex");

/** The origin of an address in a test. */
export const originOf = (url: string): string => parseUrl(url)?.origin ?? "";
