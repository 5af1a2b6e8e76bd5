import { completable, type McpServer, ResourceNotFoundError, ResourceTemplate } from "@modelcontextprotocol/server";
import * as z from "zod";
import { formatLocal } from "./local-time.js";

/** The most values of a completion (MCP, completion). */
const MAX_VALUES = 100;

const zonesLike = (typed: string) => {
  const wanted = typed.toLowerCase();
  return Intl.supportedValuesOf("timeZone")
    .filter((zone) => zone.toLowerCase().includes(wanted))
    .slice(0, MAX_VALUES);
};

/** The time in each time zone as a resource, and a prompt that compares two of them. */
export function offerTimes(server: McpServer): void {
  server.registerResource(
    "zones",
    "time:///zones",
    {
      title: "Time zones",
      description: "The names of all time zones that this server knows.",
      mimeType: "text/plain",
      // They change with a new version of Node alone.
      cacheHint: { ttlMs: 3_600_000, cacheScope: "public" },
    },
    ({ href }) => ({
      contents: [{ uri: href, mimeType: "text/plain", text: Intl.supportedValuesOf("timeZone").join("\n") }],
    }),
  );

  server.registerResource(
    "time",
    new ResourceTemplate("time:///now/{+zone}", { list: undefined, complete: { zone: zonesLike } }),
    { title: "Time", description: "The date and time in a time zone.", mimeType: "text/plain" },
    (uri, { zone }) => {
      const local = formatLocal(new Date(), String(zone));
      if (local === undefined) throw new ResourceNotFoundError(uri.href);
      return { contents: [{ uri: uri.href, mimeType: "text/plain", text: local }] };
    },
  );

  const zone = (what: string) => completable(z.string().max(100).describe(what), zonesLike);
  server.registerPrompt(
    "plan_meeting",
    {
      title: "Plan a meeting",
      description: "Asks for hours that are good for people in two time zones.",
      argsSchema: z.object({
        ours: zone('Our time zone, such as "Europe/Berlin"'),
        theirs: zone('Their time zone, such as "Asia/Tokyo"'),
      }),
    },
    ({ ours, theirs }) => ({
      messages: [
        {
          role: "user",
          content: {
            type: "text",
            text: `Which hours of a working day are good for a meeting of people in ${ours} and ${theirs}?`,
          },
        },
      ],
    }),
  );
}
