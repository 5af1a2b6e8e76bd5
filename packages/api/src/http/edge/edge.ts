import { Delivery, type Mcp } from "@mcp-assistant/core";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { isCrossOriginRequest, isHiddenCrossOriginVisit, isReboundHost } from "./cross-origin.js";
import { asDelivered } from "./delivered.js";
import {
  crossOrigin,
  failed,
  misconfigured,
  Refusal,
  reboundHost,
  refusalResponse,
  refusedFor,
  type WriteRefusal,
  wrongMethod,
  wrongType,
} from "./refusal.js";
import { readBody } from "./request-body.js";
import { turnToBegin } from "./turn-to-begin.js";

/** One address of the handler. */
export interface Route {
  /** The allowed methods. The answer to any other method lists them. */
  methods: readonly string[];
  /**
   * `app`: only for the app's own pages. `visit`: a page that other sites may link to. `public`: the same for everyone.
   */
  audience: "app" | "visit" | "public";
  /** `body`: the whole body of a POST. */
  serve: (request: Request, body: Uint8Array<ArrayBuffer> | undefined) => Promise<Response> | Response;
}

export interface EdgeOptions {
  mcp: Mcp;
  /** Undefined if nothing is served at this address. */
  route: Route | undefined;
  /** The answer then. */
  missing: Refusal;
  /** How refusals are written. */
  write: WriteRefusal;
}

/**
 * Checks every request before its user is looked up, and adds the security headers to every response. The checks are
 * needed because a browser also sends the user's cookies with requests that another site's page triggers.
 */
export async function answerAtEdge(request: Request, options: EdgeOptions): Promise<Response> {
  await turnToBegin();
  const delivery = new Delivery();
  const served = await delivery
    .run(() => admit(request, options))
    .catch((error: unknown) => {
      options.mcp.report("A request failed", error);
      return failed();
    });
  const answer = delivery.stopped.aborted ? stopped(delivery, served) : served;
  const response = withSecurityHeaders(answer instanceof Refusal ? refusalResponse(answer, options.write) : answer);
  const { status, headers } = response;
  return asDelivered(request.method === "HEAD" ? new Response(null, { status, headers }) : response, delivery);
}

/** The answer instead of one whose room another user has got. */
function stopped({ stopped: { reason } }: Delivery, served: Response | Refusal): Refusal {
  if (served instanceof Response) served.body?.cancel().catch(() => undefined);
  return isMcpSessionError(reason) ? refusedFor(reason) : failed();
}

async function admit(request: Request, { mcp, route, missing }: EdgeOptions): Promise<Response | Refusal> {
  if (!route) return missing;
  const refusal = judge(request, route, mcp);
  if (refusal) return refusal;
  const body = request.method === "POST" ? await readBody(request) : undefined;
  return body instanceof Refusal ? body : route.serve(request, body);
}

function judge(request: Request, { methods, audience }: Route, mcp: Mcp): Refusal | undefined {
  const baseUrl = originOf(mcp);
  if (baseUrl instanceof Refusal) return baseUrl;
  if (isReboundHost(request, mcp)) return reboundHost(baseUrl);
  if (!methods.includes(request.method)) return wrongMethod(methods);
  const isForeign = { app: isCrossOriginRequest, visit: isHiddenCrossOriginVisit, public: () => false }[audience];
  if (isForeign(request, baseUrl)) return crossOrigin(baseUrl, request.headers.get("origin"));
  return request.method === "POST" && !isJson(request) ? wrongType() : undefined;
}

/** The app's own origin. Without one, its own requests cannot be told from foreign ones. */
function originOf(mcp: Mcp): string | Refusal {
  try {
    return mcp.baseUrl;
  } catch (error) {
    if (isMcpSessionError(error)) return misconfigured(error);
    throw error;
  }
}

/** Another site's page cannot send JSON without a preflight: it is not CORS-safelisted (Fetch standard). */
function isJson({ headers }: Request): boolean {
  return /^application\/json[\t ]*(?:;|$)/i.test(headers.get("content-type") ?? "");
}

/** Defaults for every response: it is not cached, framed, embedded or content-sniffed. */
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
