import express, { type ErrorRequestHandler, type Request, type Response, Router } from "express";
import type { errors as OidcErrors, Provider } from "oidc-provider";
import * as z from "zod";
import { type ConsentRequest, MAX_NAME_LENGTH, renderConsentPage } from "./consent-page.js";
import { PAGE_HEADERS, renderProblemPage } from "./page.js";
import { ALL_SCOPES, parseScopes } from "./scopes.js";

const CONSENT_PATH = "/interaction/:uid";

export interface ConsentOptions {
  provider: Provider;
  /** The only resource that access can be granted to. */
  resource: string;
  SessionNotFound: typeof OidcErrors.SessionNotFound;
}

const paramsSchema = z.object({ client_id: z.string(), redirect_uri: z.string(), scope: z.string().default("") });

const decisionSchema = z.object({ decision: z.enum(["allow", "deny"]), name: z.string().default("") });

const nameSchema = z
  .string()
  .transform((name) => name.trim().replaceAll(/\s+/g, " "))
  .pipe(z.string().min(1).max(MAX_NAME_LENGTH));

/**
 * The page on which the user signs in and decides, and the POST that receives the decision. Both need the interaction
 * cookie that oidc-provider set in this browser for this one request, so no other page can decide for the user.
 */
export function createConsentRoutes({ provider, resource, SessionNotFound }: ConsentOptions): Router {
  const router = Router();

  router.get(CONSENT_PATH, async (request, response) => {
    const { consent } = await readInteraction(request, response);
    if (consent.scopes.length > 0) return sendPage(response, 200, renderConsentPage(consent));
    // There is nothing to decide. RFC 6749 §3.3 lets a server refuse an authorization request without a scope.
    const refusal = { error: "invalid_scope", error_description: `ask for at least one of ${ALL_SCOPES.join(", ")}` };
    return provider.interactionFinished(request, response, refusal);
  });

  router.post(CONSENT_PATH, express.urlencoded({ extended: false, limit: "10kb" }), async (request, response) => {
    const { clientId, scope, consent } = await readInteraction(request, response);
    const { data: answer } = decisionSchema.safeParse(request.body);
    if (answer === undefined) return sendPage(response, 400, renderConsentPage(consent));

    if (answer.decision === "deny") {
      const denial = { error: "access_denied", error_description: "The user denied the request" };
      return provider.interactionFinished(request, response, denial);
    }

    const { data: name } = nameSchema.safeParse(answer.name);
    if (name === undefined) {
      const problem = `Enter a name of 1 to ${MAX_NAME_LENGTH} characters.`;
      return sendPage(response, 400, renderConsentPage(consent, { name: answer.name, problem }));
    }
    const accountId = name.toLowerCase();
    const grant = new provider.Grant({ accountId, clientId });
    grant.addOIDCScope(scope);
    grant.addResourceScope(resource, consent.scopes.join(" "));
    const grantId = await grant.save();
    return provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
  });

  const explainLostInteraction: ErrorRequestHandler = (error, _request, response, next) => {
    if (!(error instanceof SessionNotFound)) return next(error);
    const problem = "This page is too old, was already answered, or belongs to another browser.";
    sendPage(response, 400, renderProblemPage(problem));
  };
  router.use(explainLostInteraction);

  return router;

  async function readInteraction(request: Request, response: Response) {
    const { params } = await provider.interactionDetails(request, response);
    const { client_id: clientId, redirect_uri: redirectUri, scope } = paramsSchema.parse(params);
    const client = await provider.Client.find(clientId);
    if (client === undefined) throw new SessionNotFound("the client is no longer registered");
    const consent: ConsentRequest = {
      clientName: client.clientName ?? "An application without a name",
      redirectUri,
      scopes: parseScopes(scope),
      staysSignedIn: client.grantTypeAllowed("refresh_token"),
    };
    return { clientId, scope, consent };
  }
}

function sendPage(response: Response, status: number, page: string): void {
  response.status(status).set(PAGE_HEADERS).send(page);
}
