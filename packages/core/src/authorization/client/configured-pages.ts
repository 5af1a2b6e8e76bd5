import { parseUrl } from "@mcp-assistant/protocol";
import { discoverAuthorizationServerMetadata } from "@modelcontextprotocol/client";
import { AuthorizationFailedError } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import { boundedFetch, maxMetadataBytes } from "../discovery/bounded-fetch.js";
import { printableUrl } from "../failure.js";

/** How long (ms) the reading of one issuer's metadata may take. */
const readTimeoutMs = 5_000;

/** How long (ms) a page that was read is believed, and how long a failure to read is not repeated. */
const freshMs = 3_600_000;
const failureMs = 30_000;

/** An issuer's page without its query; null if it has none. A page that was known stays while there is no newer one. */
interface Looked {
  until: number;
  page: Promise<string | null>;
}

/**
 * The sign-in pages of the issuers that the operator has named, as their own metadata names them. They are read when a
 * stranger names a page that is not at its own origin, because one of these may be there, and not before.
 */
export class ConfiguredPages {
  readonly #issuers: readonly string[];
  readonly #fetch: Fetch;
  readonly #looked = new Map<string, Looked>();

  constructor(issuers: readonly string[], fetch: Fetch) {
    this.#issuers = issuers;
    this.#fetch = fetch;
  }

  /**
   * Whether one of these issuers has that page. Throws a retryable {@link AuthorizationFailedError} while the metadata
   * of one of them cannot be read: then a stranger could name its page.
   */
  async include(page: URL): Promise<boolean> {
    const wanted = pageOf(page);
    const pages = await Promise.all(this.#issuers.map((issuer) => this.#look(issuer)));
    return pages.includes(wanted);
  }

  #look(issuer: string): Promise<string | null> {
    const known = this.#looked.get(issuer);
    if (known && known.until > performance.now()) return known.page;
    const looked: Looked = { until: performance.now() + freshMs, page: this.#read(issuer) };
    this.#looked.set(issuer, looked);
    looked.page.catch(() => {
      looked.until = performance.now() + failureMs;
      // What was read before is better than nothing.
      if (known) looked.page = known.page;
    });
    return looked.page.catch(() => looked.page);
  }

  async #read(issuer: string): Promise<string | null> {
    const bounded = boundedFetch(this.#fetch, { ms: readTimeoutMs, bytes: maxMetadataBytes });
    const fetchFn: Fetch = async (...request) => {
      const response = await bounded(...request);
      // To the SDK, a 502 means that there is no metadata.
      if (response.status >= 500) throw new Error(`HTTP ${response.status}`);
      return response;
    };
    try {
      const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn });
      const page = parseUrl(metadata?.authorization_endpoint ?? "");
      return page ? pageOf(page) : null;
    } catch {
      throw unread(issuer);
    }
  }
}

const pageOf = ({ origin, pathname }: URL) => `${origin}${pathname}`;

const unread = (issuer: string) =>
  new AuthorizationFailedError({
    message: "This sign-in page cannot be checked at the moment, because another service does not answer",
    hint: "Try again in a minute.",
    operatorHint:
      `The metadata of ${printableUrl(issuer)} in authorization.clients cannot be read, so its sign-in page is not known. ` +
      `Check the issuer and that ${shownHost(issuer)} may be dialled (outbound.allowHosts).`,
    retryable: true,
  });
