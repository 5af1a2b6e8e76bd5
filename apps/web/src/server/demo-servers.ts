import { z } from "zod";

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
  return text ? demoServersSchema.parse(JSON.parse(text)) : [];
}
