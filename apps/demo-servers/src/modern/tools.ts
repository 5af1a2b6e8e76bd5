import { randomInt } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";
import { failure, success } from "../tool-result.js";
import { formatLocal } from "./local-time.js";
import { offerTimes } from "./times.js";

/** Annotations of a tool that changes nothing and does not reach outside its server. */
const PURE = { readOnlyHint: true, destructiveHint: false, openWorldHint: false };

/** An MCP server with four small tools, and times as resources. It keeps no state: each request gets a new one. */
export function createToolbox(): McpServer {
  const server = new McpServer({ name: "demo-toolbox", title: "Demo toolbox", version: "0.0.0" });

  server.registerTool(
    "add",
    {
      title: "Add",
      description: "Adds two numbers.",
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
      annotations: { ...PURE, idempotentHint: true },
    },
    ({ a, b }) => success(String(a + b), { sum: a + b }),
  );

  server.registerTool(
    "time",
    {
      title: "Time",
      description: "Gives the date and time in a time zone.",
      inputSchema: z.object({
        timeZone: z.string().max(100).default("UTC").describe('An IANA time zone, such as "Europe/Berlin"'),
      }),
      outputSchema: z.object({
        timeZone: z.string(),
        local: z.string().describe("The local date and time, for people"),
        instant: z.iso.datetime().describe("The same moment in UTC, ISO 8601"),
      }),
      annotations: PURE,
    },
    ({ timeZone }) => {
      const now = new Date();
      const local = formatLocal(now, timeZone);
      if (local === undefined) return failure(`There is no time zone "${timeZone}".`);
      return success(`${local} (${timeZone})`, { timeZone, local, instant: now.toISOString() });
    },
  );

  server.registerTool(
    "roll_dice",
    {
      title: "Roll dice",
      description: "Rolls up to 100 dice and returns each roll and the total.",
      inputSchema: z.object({
        count: z.int().min(1).max(100).default(1).describe("How many dice"),
        sides: z.int().min(2).max(1000).default(6).describe("How many sides each die has"),
      }),
      outputSchema: z.object({ rolls: z.array(z.int()), total: z.int() }),
      annotations: PURE,
    },
    ({ count, sides }) => {
      const rolls = Array.from({ length: count }, () => randomInt(1, sides + 1));
      const total = rolls.reduce((sum, roll) => sum + roll, 0);
      return success(`${rolls.join(" + ")} = ${total}`, { rolls, total });
    },
  );

  server.registerTool(
    "echo",
    {
      title: "Echo",
      description: "Returns the text that it is given.",
      inputSchema: z.object({ text: z.string().max(10_000) }),
      outputSchema: z.object({ text: z.string() }),
      annotations: { ...PURE, idempotentHint: true },
    },
    ({ text }) => success(text, { text }),
  );

  offerTimes(server);
  return server;
}
