import type { Mcp } from "@mcp-assistant/core";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { isCrossOriginRequest, isHiddenCrossOriginVisit, isReboundHost } from "./cross-origin.js";
import {
  crossOrigin,
  misconfigured,
  notFound,
  Refusal,
  reboundHost,
  refusalResponse,
  wrongMethod,
  wrongType,
} from "./refusal.js";
import { readBody } from "./request-body.js";

/** One address of the handler. */
export interface Route {
  /** Those that it takes; the answer to any other names them. */
  methods: readonly string[];
  /**
   * `app`: for the app's own pages alone. `visit`: a page that people also come to from elsewhere. `public`: the same
   * for everybody.
   */
  audience: "app" | "visit" | "public";
  /** `body`: of a POST, whole. */
  serve: (request: Request, body: Uint8Array<ArrayBuffer> | undefined) => Promise<Response> | Response;
}

export interface EdgeOptions {
  mcp: Mcp;
  /** Undefined where there is nothing. */
  route: Route | undefined;
  /** Whether refusals are read by a tRPC client. */
  asTrpc: boolean;
}

/**
 * The border of the app: what every request must be before anybody asks who sends it, and what every answer carries.
 * A browser sends a user's cookies along with whatever somebody else's page has it ask for.
 */
export async function answerAtEdge(request: Request, { mcp, route, asTrpc }: EdgeOptions): Promise<Response> {
  const answer = await admit(request, route, mcp);
  const response = withSecurityHeaders(answer instanceof Refusal ? refusalResponse(answer, { asTrpc }) : answer);
  if (request.method !== "HEAD") return response;
  const { status, headers } = response;
  return new Response(null, { status, headers });
}

async function admit(request: Request, route: Route | undefined, mcp: Mcp): Promise<Response | Refusal> {
  if (!route) return notFound();
  const refusal = judge(request, route, mcp);
  if (refusal) return refusal;
  const body = request.method === "POST" ? await readBody(request) : undefined;
  return body instanceof Refusal ? body : route.serve(request, body);
}

function judge(request: Request, { methods, audience }: Route, mcp: Mcp): Refusal | undefined {
  const baseUrl = originOf(mcp);
  if (baseUrl instanceof Refusal) return baseUrl;
  if (isReboundHost(request, baseUrl)) return reboundHost(baseUrl);
  if (!methods.includes(request.method)) return wrongMethod(methods);
  const isForeign = { app: isCrossOriginRequest, visit: isHiddenCrossOriginVisit, public: () => false }[audience];
  if (isForeign(request, baseUrl)) return crossOrigin(baseUrl);
  return request.method === "POST" && !isJson(request) ? wrongType() : undefined;
}

/** The app's own origin; without one nobody can say which requests are its own. */
function originOf(mcp: Mcp): string | Refusal {
  try {
    return mcp.baseUrl;
  } catch (error) {
    if (isMcpSessionError(error)) return misconfigured(error);
    throw error;
  }
}

/** A page of another site can send every type but this one, and others, unasked (Fetch standard, CORS-safelisted). */
function isJson({ headers }: Request): boolean {
  return /^application\/json[\t ]*(?:;|$)/i.test(headers.get("content-type") ?? "");
}

/** What an answer carries that does not say otherwise: nobody keeps, frames, embeds or guesses at it. */
const securityHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

function withSecurityHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(securityHeaders)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}
