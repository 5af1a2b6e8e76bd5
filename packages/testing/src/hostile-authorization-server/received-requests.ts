import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { HostileEndpoint } from "./lies.js";

/** Secrets that may only be sent to the endpoint that they are for. */
export type SecretKind =
  | "code"
  | "code verifier"
  | "access token"
  | "refresh token"
  | "client secret"
  | "registration access token";

/** A request that arrived. */
export interface HostileRequest {
  /** The origin at which it arrived. */
  at: "server" | "elsewhere";
  endpoint: HostileEndpoint | "other";
  method: string;
  /** Without the query. */
  path: string;
  /** The `grant_type` of a request to the token endpoint. */
  grantType: string | null;
  /** The kinds of secrets found in its address, headers or body. */
  secrets: readonly SecretKind[];
}

/** A request as the server reads it. */
export interface Incoming {
  method: string;
  url: URL;
  headers: IncomingMessage["headers"];
  body: string;
  /** The body as a form. */
  form: URLSearchParams;
}

export const s256 = (verifier: string) => createHash("sha256").update(verifier).digest("base64url");

/** Remembers every secret that was issued, and recognises it anywhere in a request. */
export class Secrets {
  readonly #known = new Map<string, SecretKind>();
  readonly #challenges = new Set<string>();

  add(kind: SecretKind, value: unknown): void {
    if (typeof value === "string" && value.length >= 8) this.#known.set(value, kind);
  }

  /** Only the client knows the verifier, so it is recognised by its challenge (RFC 7636). */
  addChallenge(challenge: string): void {
    this.#challenges.add(challenge);
  }

  in({ url, headers, body, form }: Incoming): SecretKind[] {
    const [scheme, credentials = ""] = (headers.authorization ?? "").split(" ");
    const basic = scheme?.toLowerCase() === "basic" ? Buffer.from(credentials, "base64").toString() : "";
    const texts = [url.href, body, basic, ...Object.values(headers).flat()];
    const parameters = [...url.searchParams.values(), ...form.values()];
    const everything = [...texts, ...texts.map(decoded), ...parameters].join("\n");
    const found = [...this.#known].filter(([value]) => everything.includes(value)).map(([, kind]) => kind);
    if (parameters.some((value) => this.#challenges.has(s256(value)))) found.push("code verifier");
    return [...new Set(found)];
  }
}

function decoded(text = ""): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The longest body (bytes) that is read. */
const maxBodyBytes = 1_048_576;

export async function readIncoming(request: IncomingMessage, origin: string): Promise<Incoming> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > maxBodyBytes) throw new Error("The request is too large");
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString();
  const { method = "GET", headers, url = "/" } = request;
  return { method, url: new URL(url, origin), headers, body, form: new URLSearchParams(body) };
}
