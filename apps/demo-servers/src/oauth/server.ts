import type { ClientMetadata } from "oidc-provider";
import type { DemoServer } from "../demo-server.js";
import { type LoopbackListener, listenOnLoopback } from "../loopback-listener.js";
import { MCP_PATH } from "../mcp-app.js";
import { RequestLog } from "../request-log.js";
import { createAccessTokenVerifier } from "./access-token.js";
import { createAuthorizationServer } from "./authorization-server.js";
import { createBearerGuard } from "./bearer-guard.js";
import { createMcpEndpoint, RESOURCE_METADATA_PATH } from "./mcp-endpoint.js";
import { McpSessions } from "./mcp-sessions.js";
import { createNotesServer } from "./note-tools.js";
import { openState } from "./state.js";

export type { DemoServer } from "../demo-server.js";
export { PortTakenError } from "../loopback-listener.js";
export type { RecordedRequest } from "../request-log.js";
export { type Answer, answerConsentPage } from "./person.js";

export interface OauthServerOptions {
  /** The port of the MCP endpoint; with 0, the default, the system chooses one. */
  port?: number;
  /** The port of the authorization server; with 0, the default, the system chooses one. */
  authorizationServerPort?: number;
  /** How long an access token lives, in seconds. Default: 60. */
  accessTokenTtl?: number;
  /** Whether `GET /__requests` on the MCP port lists the requests and `DELETE` resets them. Default: false. */
  serveRequestLog?: boolean;
  /**
   * The file that keeps the signing key, clients, grants, refresh tokens and notes for the next start on the same
   * ports. An unreadable file is renamed, with a line on stderr. Default: no file, and everything is lost with the
   * server.
   */
  stateFile?: string | undefined;
  /**
   * Whether the authorization server's pages cut the link to the window that opened them (Cross-Origin-Opener-Policy),
   * as the pages of large providers do. Default: false.
   */
  partsFromOpener?: boolean;
  /**
   * Clients that are registered in advance, as RFC 7591 metadata. Those with the grant `client_credentials` act for
   * themselves. Default: none.
   */
  clients?: readonly ClientMetadata[];
  /** Whether clients may register themselves. Default: true. */
  registration?: boolean;
}

export interface OauthServer extends DemoServer {
  /** The authorization server's issuer identifier, such as `http://127.0.0.1:3002`. */
  readonly issuer: string;
}

/**
 * Starts "Demo notes": an MCP server of the session era (revisions up to 2025-11-25) with its own authorization server,
 * where a user signs in with any name and allows or denies access.
 *
 * @throws {PortTakenError} if another program listens on one of the two ports
 */
export async function startOauthServer(options: OauthServerOptions = {}): Promise<OauthServer> {
  const { port = 0, authorizationServerPort = 0, accessTokenTtl = 60, serveRequestLog = false, stateFile } = options;
  const { clients = [], registration = true, partsFromOpener = false } = options;
  const mcp = await listenOnLoopback(port);
  const authorization = await listenOrClose(authorizationServerPort, mcp);
  const url = `${mcp.origin}${MCP_PATH}`;
  const issuer = authorization.origin;
  const log = new RequestLog();

  const state = await openState(issuer, stateFile);
  const authorizationServer = await createAuthorizationServer({
    issuer,
    resource: url,
    accessTokenTtl,
    partsFromOpener,
    state,
    log,
    clients,
    registration,
  });
  authorization.serve(authorizationServer.app);

  const { publicKeys, isGrantActive } = authorizationServer;
  const verify = createAccessTokenVerifier({ issuer, audience: url, keys: publicKeys, isGrantActive });
  const guard = createBearerGuard({ verify, resourceMetadataUrl: `${mcp.origin}${RESOURCE_METADATA_PATH}` });
  const sessions = new McpSessions({ createServer: (subject) => createNotesServer(state.notebooks.of(subject)) });
  mcp.serve(createMcpEndpoint({ url, issuer, guard, sessions, log, serveRequestLog }));

  return {
    url,
    issuer,
    hosts: [mcp.host, authorization.host],
    requests: () => log.list(),
    resetRequests: () => log.reset(),
    close: async () => {
      await sessions.close();
      await Promise.all([mcp.close(), authorization.close()]);
      state.close();
    },
  };
}

async function listenOrClose(port: number, other: LoopbackListener): Promise<LoopbackListener> {
  try {
    return await listenOnLoopback(port);
  } catch (error) {
    await other.close();
    throw error;
  }
}
