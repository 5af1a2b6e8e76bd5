import { createHash } from "node:crypto";
import { parseUrl } from "@mcp-assistant/protocol";
import * as z from "zod";
import { AuthorizationFailedError } from "../../errors.js";
import { shownHost } from "../../outbound/shown-host.js";
import { parseJson } from "../../parse-json.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { sharedValue } from "../../values/stored-value.js";
import { issuerIdOf } from "../redirect-urls.js";
import type { ConfiguredPages } from "./configured-pages.js";

/**
 * How long (s) a page is remembered after the last sign-in there. Anyone can make us remember pages of their own, so it
 * is short.
 */
const pageTtlSeconds = 2 * 3_600;

/** The claim of an issuer that the operator has named. */
const configuredClaim = Number.MAX_SAFE_INTEGER;

const ownerSchema = z.object({ issuerId: z.string(), claim: z.number() });
type Owner = z.infer<typeof ownerSchema>;

/**
 * How close an issuer is to a sign-in page: the length of its path if the page lies within it, at the same origin. At a
 * host with several issuers, the longest path is the closest. -1 for any other page.
 */
export function claimOn(page: URL, issuer: string): number {
  const url = parseUrl(issuer);
  const path = url?.pathname.replace(/\/$/, "") ?? "";
  const isWithin = url?.origin === page.origin && `${page.pathname}/`.startsWith(`${path}/`);
  return isWithin ? path.length : -1;
}

/**
 * Whose sign-in pages are whose. An issuer whose metadata sends users to another one's page wants the codes that they
 * get there (mix-up, RFC 9700 §4.4). A page belongs to an issuer that the operator has named, or whose own metadata,
 * read by any process, names it from closer. Naming a page first gives a stranger nothing.
 */
export class SignInPages {
  readonly #driver: StorageDriver;
  readonly #configured: ReadonlySet<string>;
  readonly #configuredPages: Pick<ConfiguredPages, "include">;

  /** `configured`: the issuers that the operator has named, and their pages. */
  constructor(
    driver: StorageDriver,
    configured: { issuers: ReadonlySet<string>; pages: Pick<ConfiguredPages, "include"> },
  ) {
    this.#driver = driver;
    this.#configured = configured.issuers;
    this.#configuredPages = configured.pages;
  }

  /**
   * Checks the page that the validated metadata of an issuer names for a user, and remembers it if it is its own.
   * Throws an {@link AuthorizationFailedError} if it is another issuer's, and a retryable one while that cannot be
   * known.
   */
  async check(issuer: string, page: URL, userId: string): Promise<void> {
    const issuerId = issuerIdOf(issuer);
    const claim = this.#configured.has(issuer) ? configuredClaim : claimOn(page, issuer);
    for (const other of this.#configured) if (other !== issuer && claimOn(page, other) > claim) throw ofAnother(issuer);
    const stored = sharedValue(this.#driver, "sign-in-page", idOf(page), userId);
    const owner = ownerSchema.safeParse(parseJson((await stored.read(pageTtlSeconds)) ?? "")).data;
    if (owner && owner.issuerId !== issuerId && owner.claim > claim) throw ofAnother(issuer);
    // An issuer that the operator has named may have its page at another host, so that its address does not say it.
    if (claim < 0 && (await this.#configuredPages.include(page))) throw ofAnother(issuer);
    if (claim < 0 || (owner?.issuerId === issuerId && owner.claim === claim)) return;
    await stored.write(JSON.stringify({ issuerId, claim } satisfies Owner), pageTtlSeconds);
  }
}

/** SHA-256 of a page's address without its query, hexadecimal. */
const idOf = ({ origin, pathname }: URL) => createHash("sha256").update(`${origin}${pathname}`).digest("hex");

const ofAnother = (issuer: string) =>
  new AuthorizationFailedError({
    message: `${shownHost(issuer)} sends you to the sign-in page of another service`,
    hint: "Do not use this server, unless the people who run this app trust it.",
    operatorHint:
      "Its authorization_endpoint is another issuer's. If you trust it, add its issuer to authorization.clients.",
    retryable: false,
  });
