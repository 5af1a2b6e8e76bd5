import { createHash } from "node:crypto";
import { setImmediate as takeTurns } from "node:timers/promises";
import { promisify } from "node:util";
import { deflate, deflateSync, inflate, inflateSync } from "node:zlib";
import type { ToolInfo } from "@mcp-assistant/protocol";
import * as z from "zod";
import { parseJson } from "../parse-json.js";
import { shortTool } from "./call-part.js";

/** A part of a packed list. */
export interface PackedPart {
  start: number;
  length: number;
  /** SHA-256 of its JSON, the first 128 bits. */
  digest: string;
}

/** Where a tool is in a packed list. */
export interface PackedTool extends PackedPart {
  name: string;
  /** What a call needs of a large tool. A call reads a small one whole. */
  call?: PackedPart;
}

/** The first line of a packed list. */
export interface PackedHead {
  /** Which list this is: SHA-256 of its JSON, hexadecimal. */
  hash: string;
  /** SHA-256 of the index that follows. */
  indexDigest: string;
  indexStart: number;
  indexLength: number;
}

export interface PackedTools {
  hash: string;
  text: string;
  /** The size of the list as JSON. */
  jsonBytes: number;
}

/** Words that most tools contain, so that a short tool becomes shorter, too. Another dictionary is another format. */
const dictionary = Buffer.from(
  '"minimum":"maximum":"format":"uri""pattern":"anyOf":[{"type":"null"}"default":false"default":null,"enum":["' +
    '"annotations":{"title":"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":true}' +
    '"outputSchema":{"type":"object","additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"' +
    '"items":{"type":"string"},"type":"array","type":"number","type":"boolean","type":"integer","required":["' +
    '{"name":"get_list_search_create_update_delete_","title":"","description":"The ' +
    '","inputSchema":{"type":"object","properties":{"query":{"type":"string","description":"',
);

/** Larger texts (bytes) are compressed by another thread, and the event loop gets a turn after as many bytes of others. */
const sliceBytes = 65_536;

/** No part of a list is larger than the largest list (`limits.toolListBytes`). */
const maxPartBytes = 2 ** 26;

/** Of a tool with more JSON (bytes), a list also has what a call needs. */
const maxCalledBytes = 65_536;

const [deflateApart, inflateApart] = [promisify(deflate), promisify(inflate)];

const digestOf = (text: string) => createHash("sha256").update(text).digest("base64url").slice(0, 22);

async function packed(json: string): Promise<string> {
  const bytes = Buffer.from(json);
  const small = bytes.length < sliceBytes;
  return (small ? deflateSync(bytes, { dictionary }) : await deflateApart(bytes, { dictionary })).toString("base64url");
}

/** The JSON of one part; `undefined` if it is damaged, or belongs to another list. */
export async function unpacked(part: string, { digest }: Pick<PackedPart, "digest">): Promise<string | undefined> {
  const bytes = Buffer.from(part, "base64url");
  const options = { dictionary, maxOutputLength: maxPartBytes };
  try {
    const small = bytes.length < sliceBytes / 8;
    const json = (small ? inflateSync(bytes, options) : await inflateApart(bytes, options)).toString();
    return digestOf(json) === digest ? json : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A list as it is stored: a line with the list's hash, an index, and the tools, each compressed by itself, so that one
 * can be read without the others. It is ASCII alone, so a place in it is a number of bytes, too.
 */
export async function packTools(tools: readonly ToolInfo[]): Promise<PackedTools> {
  const whole = createHash("sha256");
  const index: IndexEntry[] = [];
  const parts: string[] = [];
  let [jsonBytes, sinceTurn] = [2, 0];
  for (const tool of tools) {
    const json = JSON.stringify(tool);
    whole.update(`${index.length === 0 ? "[" : ","}${json}`);
    const [part, size] = [await packed(json), Buffer.byteLength(json)];
    const call = size > maxCalledBytes ? JSON.stringify(shortTool(tool)) : undefined;
    const callPart = call === undefined ? "" : await packed(call);
    parts.push(part, callPart);
    const entry = [tool.name, part.length, digestOf(json)] as const;
    index.push(call === undefined ? [...entry] : [...entry, callPart.length, digestOf(call)]);
    jsonBytes += size + (index.length > 1 ? 1 : 0);
    sinceTurn += size;
    if (sinceTurn < sliceBytes) continue;
    sinceTurn = 0;
    await takeTurns();
  }
  const hash = whole.update(index.length === 0 ? "[]" : "]").digest("hex");
  const names = JSON.stringify(index);
  const packedIndex = await packed(names);
  return {
    hash,
    text: `1 ${hash} ${digestOf(names)} ${packedIndex.length}\n${packedIndex}${parts.join("")}`,
    jsonBytes,
  };
}

const headForm = /^1 ([0-9a-f]{64}) ([\w-]{22}) (\d{1,9})\n/;

/** The first line of a stored list; `undefined` for a text of another form. */
export function headOf(text: string): PackedHead | undefined {
  const found = headForm.exec(text);
  if (!found?.[1] || !found[2] || !found[3]) return undefined;
  const [line, hash, indexDigest, indexLength] = found;
  return { hash, indexDigest, indexStart: line.length, indexLength: Number(indexLength) };
}

const entryStart = [z.string(), z.number().int().positive(), z.string()] as const;
/** A tool's name, the length of its part and the digest of its JSON; for a large one the same of what a call needs. */
const entrySchema = z.union([
  z.tuple([...entryStart]),
  z.tuple([...entryStart, z.number().int().positive(), z.string()]),
]);
type IndexEntry = z.infer<typeof entrySchema>;
const indexSchema = z.array(entrySchema);

/** The tools in the order of the list; `undefined` for an index that is damaged, or not the one of this head. */
export async function indexIn(part: string, head: PackedHead): Promise<PackedTool[] | undefined> {
  const json = await unpacked(part, { digest: head.indexDigest });
  const entries = json === undefined ? undefined : indexSchema.safeParse(parseJson(json)).data;
  let start = head.indexStart + head.indexLength;
  const partOf = (length: number, digest: string): PackedPart => {
    start += length;
    return { start: start - length, length, digest };
  };
  return entries?.map(([name, length, digest, ...call]) => {
    const tool = { name, ...partOf(length, digest) };
    const [callLength, callDigest] = call;
    return callLength === undefined || callDigest === undefined
      ? tool
      : { ...tool, call: partOf(callLength, callDigest) };
  });
}
