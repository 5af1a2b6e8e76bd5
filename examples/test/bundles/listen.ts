import { openMcp, userId } from "./open-mcp";

const mcp = openMcp("instrumentation");

/** Prints events for as long as the app runs. */
export async function listen(): Promise<void> {
  const events = await mcp.forUser(userId).subscribe();
  const print = async () => {
    for await (const { event } of events) console.log(`instrumentation heard ${event.type}`);
  };
  print().catch((error: unknown) => console.error(error));
}
