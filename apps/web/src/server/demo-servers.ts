import * as z from "zod";
import { wrongSetting } from "./environment";

const demoServersSchema = z.array(
  z.object({
    name: z.string(),
    /** What it does, in one sentence. */
    description: z.string(),
    url: z.url({ protocol: /^https?$/ }),
    /** Whether it requires a sign-in. */
    signIn: z.boolean(),
  }),
);

/** A server to try the app with. It needs no account. */
export type DemoServer = z.infer<typeof demoServersSchema>[number];

/** The servers in `MCP_DEMO_SERVERS`, a JSON array; none when it is not set. Throws when its value is invalid. */
export function demoServers(): DemoServer[] {
  const text = process.env.MCP_DEMO_SERVERS;
  if (!text) return [];
  const { data } = demoServersSchema.safeParse(parsed(text));
  if (data) return data;
  const hint = "Give each server a name, a description, an http(s) url, and signIn: true or false.";
  throw wrongSetting("MCP_DEMO_SERVERS is not a list of servers", hint);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrongSetting(
      "MCP_DEMO_SERVERS is not JSON",
      'Set it to a JSON list, such as [{"name": …}], or leave it unset.',
    );
  }
}
