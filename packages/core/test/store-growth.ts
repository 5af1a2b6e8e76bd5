import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import type { ToolInfo } from "@mcp-assistant/protocol";
import { DynamicRegistrations } from "../src/authorization/client/dynamic.js";
import { registrantOf } from "../src/authorization/client/registrant.js";
import { AttemptStore, attemptIdOf } from "../src/authorization/sign-in/attempt.js";
import type { SignedIn } from "../src/credentials/credentials.js";
import { Secret } from "../src/credentials/secret.js";
import type { Rates } from "../src/rates/rates.js";
import { ring, someCredentials, someSignIn } from "../src/samples.fixture.js";
import type { StorageDriver } from "../src/session/storage-driver.js";

/** Text that cannot be compressed. */
const noise = (length: number) =>
  randomBytes(Math.ceil(length * 0.75))
    .toString("base64")
    .slice(0, length);

/** A list of tools of about 4 MiB that cannot be compressed, each time another one. */
export const largeList = () =>
  JSON.stringify(
    Array.from({ length: 60 }, (_, index) => ({
      name: `tool-${index}`,
      inputSchema: { type: "object", enum: [noise(65_000)] },
    })),
  );

/** 1,000 tools with the longest names, each time others. */
export const longNames = (): ToolInfo[] =>
  Array.from({ length: 1_000 }, () => ({ name: "👩".repeat(20) + noise(88), inputSchema: { type: "object" } }));

/** An MCP server of the legacy era that sends whatever `list` returns as its tools, compressed. */
export async function startListingServer(list: { text: () => string }) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { id, method } = JSON.parse(body || "{}");
    if (request.method !== "POST") return response.writeHead(405).end();
    if (id === undefined) return response.writeHead(202).end();
    const hello = {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "s", version: "1" },
    };
    const result =
      method === "initialize"
        ? JSON.stringify(hello)
        : method === "tools/list"
          ? `{"tools":${list.text()}}`
          : undefined;
    const said = result ? `"result":${result}` : '"error":{"code":-32601,"message":"No such method"}';
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(gzipSync(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},${said}}`, { level: 1 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const host = `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { host, url: `http://${host}/mcp`, close };
}

/** As many attempts as a user can have open, each as large as it may be, and as many that have just ended. */
export async function fillAttempts(driver: StorageDriver, userId: string) {
  const attempts = new AttemptStore(driver, ring);
  const { client, authorizationServer } = someSignIn();
  const attempt = (length: number) => ({
    ...{ userId, sessionId: "session", flow: "flow", nonceHash: null, codeVerifier: new Secret("verifier") },
    ...{ redirectUrl: "https://app.example/callback", scope: noise(length), returnTo: null },
    ...{ client, issuer: "https://auth.example", authorizationServer },
  });
  let length = 16_000;
  const open = (count: number) => attempts.open(attemptIdOf(`${userId} ${count}`), attempt(length), 600);
  while (
    !(await open(0).then(
      () => true,
      () => false,
    ))
  )
    length -= 50;
  for (let count = 0; count < 440; count++) {
    const id = attemptIdOf(`${userId} ${count}`);
    await open(count);
    const opened = count < 220 ? await attempts.read(id) : undefined;
    if (!opened) continue;
    await attempts.take(id, opened, Date.now());
    await attempts.conclude(id, opened, "failed");
  }
}

/** The largest sign-in and custom headers that a connection may have. */
export function largestCredentials(): SignedIn {
  const address = () => `https://auth.example/${noise(2_000)}`;
  const { authorizationServer } = someSignIn();
  const used = authorizationServer.metadata;
  return someCredentials({
    signIn: {
      tokens: {
        ...{ accessToken: new Secret(noise(16_384)), refreshToken: new Secret(noise(16_384)), scope: noise(8_192) },
        ...{ issuedAt: Date.now(), expiresAt: Date.now() + 3_600_000 },
      },
      client: { client_id: noise(2_000), client_secret: new Secret(noise(3_900)) },
      authorizationServer: {
        ...{ url: address(), resource: address() },
        metadata: used && {
          ...{ ...used, issuer: address(), authorization_endpoint: `${address()}${noise(10_000)}` },
          ...{ token_endpoint: address(), revocation_endpoint: address() },
        },
      },
    },
    headers: { "X-One": new Secret(noise(8_000)), "X-Two": new Secret(noise(8_000)) },
  });
}

/** Lets a user register at new authorization servers, whose answers are as large as they may be. */
export function registrationsAt(driver: StorageDriver, rates: Pick<Rates, "take" | "giveBack">, userId: string) {
  const redirectUrl = "https://app.example/api/mcp/auth/callback";
  let answer = 0;
  const registrations = new DynamicRegistrations({
    driver,
    ring,
    storeId: userId,
    clientName: "Notes app",
    redirectUrls: [redirectUrl],
    fetch: async () => {
      const secrets = {
        client_secret: noise(3_900),
        client_secret_expires_at: 1e12,
        registration_access_token: noise(1),
      };
      const rest = { client_name: noise(30_000), contacts: [noise(20_000)] };
      return Response.json(
        { client_id: noise(2_000), redirect_uris: [redirectUrl], ...secrets, ...rest },
        { status: 201 },
      );
    },
  });
  return {
    /** `counted`: not for what comes in the course of a month. */
    register: (counted = true) => {
      const issuer = `https://auth-${answer++}.example`;
      const metadata = {
        ...{ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` },
        ...{ registration_endpoint: `${issuer}/register`, response_types_supported: ["code"] },
      };
      const server = {
        issuer,
        resource: undefined,
        authorizationServerUrl: issuer,
        authorizationServerMetadata: metadata,
      };
      return registrations.clientAt(server, counted ? { registrant: registrantOf(rates, userId) } : {});
    },
  };
}
