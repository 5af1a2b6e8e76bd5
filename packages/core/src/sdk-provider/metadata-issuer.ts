import { parseUrl } from "@mcp-assistant/protocol";
import * as z from "zod";
import { parseJson } from "../parse-json.js";

const namesIssuer = z.looseObject({ issuer: z.string() });

/**
 * The issuer of an authorization server's own metadata, read at its place (RFC 8414 §3, OpenID Connect Discovery §4).
 * Undefined for any other answer. The answer can still be read.
 */
export async function issuerIn(url: URL, response: Response): Promise<string | undefined> {
  if (!response.ok || !url.pathname.includes("/.well-known/")) return undefined;
  const issuer = namesIssuer.safeParse(parseJson(await response.clone().text())).data?.issuer;
  return issuer !== undefined && placesOf(issuer).includes(url.href) ? issuer : undefined;
}

function placesOf(issuer: string): string[] {
  const url = parseUrl(issuer);
  if (!url) return [];
  const { origin, pathname } = url;
  const path = pathname.replace(/\/$/, "");
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}
