import { createHash } from "node:crypto";
import { setImmediate as takeTurns } from "node:timers/promises";
import { promisify } from "node:util";
import { deflate, deflateSync, inflate, inflateSync } from "node:zlib";
import type { ToolInfo } from "@mcp-assistant/protocol";
import * as z from "zod";
import { parseJson } from "../parse-json.js";

/** Where a tool is in a packed list. */
export interface PackedTool {
  name: string;
  start: number;
  length: number;
  /** SHA-256 of its JSON, the first 128 bits. */
  digest: string;
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

const [deflateApart, inflateApart] = [promisify(deflate), promisify(inflate)];

const digestOf = (text: string) => createHash("sha256").update(text).digest("base64url").slice(0, 22);

async function packed(json: string): Promise<string> {
  const bytes = Buffer.from(json);
  const small = bytes.length < sliceBytes;
  return (small ? deflateSync(bytes, { dictionary }) : await deflateApart(bytes, { dictionary })).toString("base64url");
}

/** `undefined` for a part that is damaged, or has another digest. */
async function unpacked(part: string, digest: string): Promise<string | undefined> {
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
  const index: [name: string, length: number, digest: string][] = [];
  const parts: string[] = [];
  let [jsonBytes, sinceTurn] = [2, 0];
  for (const tool of tools) {
    const json = JSON.stringify(tool);
    whole.update(`${index.length === 0 ? "[" : ","}${json}`);
    const [part, size] = [await packed(json), Buffer.byteLength(json)];
    parts.push(part);
    index.push([tool.name, part.length, digestOf(json)]);
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

const indexSchema = z.array(z.tuple([z.string(), z.number().int().positive(), z.string()]));

/** The tools in the order of the list; `undefined` for an index that is damaged, or not the one of this head. */
export async function indexIn(part: string, head: PackedHead): Promise<PackedTool[] | undefined> {
  const json = await unpacked(part, head.indexDigest);
  const entries = json === undefined ? undefined : indexSchema.safeParse(parseJson(json)).data;
  let start = head.indexStart + head.indexLength;
  return entries?.map(([name, length, digest]) => {
    const tool = { name, start, length, digest };
    start += length;
    return tool;
  });
}

/** The JSON of one tool; `undefined` if the part is damaged, or belongs to another list. */
export const toolJsonIn = (part: string, { digest }: PackedTool): Promise<string | undefined> => unpacked(part, digest);
