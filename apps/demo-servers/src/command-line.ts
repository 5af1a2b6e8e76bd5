import { parseArgs } from "node:util";
import { z } from "zod";

export const USAGE = `Usage:
  main.js oauth  [--port <port>] [--authorization-server-port <port>] [--access-token-ttl <seconds>]
  main.js modern [--port <port>]

Options of both:
  --exit-with-parent   stop when standard input closes
  --record-requests    list the requests at GET /__requests, reset them with DELETE /__requests

A port of 0, or none, asks the system for a free one.`;

const port = z.coerce.number().int().min(0).max(65_535).default(0);
const both = {
  port,
  "exit-with-parent": z.boolean().default(false),
  "record-requests": z.boolean().default(false),
};
const oauthSchema = z.strictObject({
  ...both,
  "authorization-server-port": port,
  "access-token-ttl": z.coerce.number().int().min(1).default(60),
});
const modernSchema = z.strictObject(both);

interface Common {
  port: number;
  exitWithParent: boolean;
  recordRequests: boolean;
}

export type Command =
  | ({ name: "oauth"; authorizationServerPort: number; accessTokenTtl: number } & Common)
  | ({ name: "modern" } & Common);

/** Reads the arguments after `node main.js`; `undefined` if they are not understood. */
export function parseCommandLine(args: readonly string[]): Command | undefined {
  const parsed = readOptions(args);
  if (parsed === undefined) return undefined;
  const { name, values } = parsed;

  if (name === "oauth") {
    const { data } = oauthSchema.safeParse(values);
    if (data === undefined) return undefined;
    const { "authorization-server-port": authorizationServerPort, "access-token-ttl": accessTokenTtl } = data;
    return { name, ...common(data), authorizationServerPort, accessTokenTtl };
  }
  if (name === "modern") {
    const { data } = modernSchema.safeParse(values);
    return data === undefined ? undefined : { name, ...common(data) };
  }
  return undefined;
}

function readOptions(args: readonly string[]) {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        port: { type: "string" },
        "authorization-server-port": { type: "string" },
        "access-token-ttl": { type: "string" },
        "exit-with-parent": { type: "boolean" },
        "record-requests": { type: "boolean" },
      },
    });
    const [name, ...rest] = positionals;
    return rest.length === 0 ? { name, values } : undefined;
  } catch {
    // An unknown option, or a value where none belongs.
    return undefined;
  }
}

function common(options: z.infer<typeof modernSchema>): Common {
  return {
    port: options.port,
    exitWithParent: options["exit-with-parent"],
    recordRequests: options["record-requests"],
  };
}
