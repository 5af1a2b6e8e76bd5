import { Client } from "@modelcontextprotocol/client";
import { onTestFinished } from "vitest";
import { type Limits, resolveLimits } from "../limits.js";
import { fetchFrom } from "../samples.fixture.js";
import { Dialled } from "./dialled.js";
import { GuardedTransport } from "./transport.js";

/** A connection, after the handshake, to a server on this machine that needs no sign-in. */
export async function connectTo(address: string, limits: Partial<Limits> = {}) {
  const url = new URL(address);
  const transport = new GuardedTransport(url, { fetch: fetchFrom([url.host]) });
  const client = new Client({ name: "talk", version: "1" }, { versionNegotiation: { mode: "auto" } });
  const warnings: unknown[] = [];
  const server = new Dialled({
    ...{ client, transport, url, limits: resolveLimits(limits), user: "" },
    auth: { grantedScope: null, awaited: undefined },
    admittedBy: "sign-in",
    admission: () => "",

    warn: (message, metadata) => warnings.push({ message, ...metadata }),
  });
  await server.connect(({ options }) => client.connect(transport, options));
  onTestFinished(() => server.close());
  return { server, transport, warnings };
}
