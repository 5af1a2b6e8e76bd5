import * as z from "zod";
import { wrongSetting } from "./environment";

const demoServersSchema = z.array(
  z.object({
    name: z.string(),
    /** What it does, in a sentence. */
    description: z.string(),
    url: z.url({ protocol: /^https?$/ }),
    /** Whether it asks for a sign-in. */
    signIn: z.boolean(),
  }),
);

/** A server to try the app with, which needs no account anywhere. */
export type DemoServer = z.infer<typeof demoServersSchema>[number];

/** The servers in `MCP_DEMO_SERVERS`, a JSON array; none when it is not set. Throws when it is anything else. */
export function demoServers(): DemoServer[] {
  const text = process.env.MCP_DEMO_SERVERS;
  if (!text) return [];
  const { data } = demoServersSchema.safeParse(parsed(text));
  if (data) return data;
  const hint = "Give each a name, a description, an http(s) url, and signIn: true or false.";
  throw wrongSetting("MCP_DEMO_SERVERS is not a list of servers", hint);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrongSetting("MCP_DEMO_SERVERS is not JSON", 'Give a JSON list, such as [{"name": …}], or leave it out.');
  }
}
