import { parseArgs } from "node:util";
import * as z from "zod";

export const USAGE = `Usage:
  main.js oauth  [--port <port>] [--authorization-server-port <port>] [--access-token-ttl <seconds>]
                 [--state-file <path>]
  main.js modern [--port <port>]

Options of both:
  --exit-with-parent   stop when standard input closes
  --record-requests    list the requests at GET /__requests, reset them with DELETE /__requests

Options of oauth:
  --state-file <path>  keep clients, grants, refresh tokens and notes in a file for the next start on the same ports

Without a port, or with port 0, the system chooses a free one.`;

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
  "state-file": z.string().min(1).optional(),
});
const modernSchema = z.strictObject(both);

interface Common {
  port: number;
  exitWithParent: boolean;
  recordRequests: boolean;
}

export type Command =
  | ({ name: "oauth"; authorizationServerPort: number; accessTokenTtl: number; stateFile: string | undefined } & Common)
  | ({ name: "modern" } & Common);

/** Reads the arguments after `node main.js`; `undefined` if they are invalid. */
export function parseCommandLine(args: readonly string[]): Command | undefined {
  const parsed = readOptions(args);
  if (parsed === undefined) return undefined;
  const { name, values } = parsed;

  if (name === "oauth") {
    const { data } = oauthSchema.safeParse(values);
    if (data === undefined) return undefined;
    return {
      name,
      ...common(data),
      authorizationServerPort: data["authorization-server-port"],
      accessTokenTtl: data["access-token-ttl"],
      stateFile: data["state-file"],
    };
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
        "state-file": { type: "string" },
        "exit-with-parent": { type: "boolean" },
        "record-requests": { type: "boolean" },
      },
    });
    const [name, ...rest] = positionals;
    return rest.length === 0 ? { name, values } : undefined;
  } catch {
    // An unknown option, or a value for an option that takes none.
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
