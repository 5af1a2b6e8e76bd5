import { openMcp, userId } from "../open-mcp";
import { act } from "./actions";

export const dynamic = "force-dynamic";

const mcp = openMcp("page");

/** Starts the sign-in of the requested session, if any, then lists the connections. */
export default async function Page({ searchParams }: { searchParams: Promise<{ session?: string }> }) {
  const { session } = await searchParams;
  if (session) await mcp.forUser(userId).authorization.start(session);
  const connections = await mcp.forUser(userId).list();
  return (
    <main>
      <ul>
        {connections.map(({ sessionId, serverId, state }) => (
          <li key={sessionId}>{`${serverId} ${state}`}</li>
        ))}
      </ul>
      <form action={act}>
        <input name="serverUrl" />
        <input name="serverId" />
        <input name="session" />
      </form>
    </main>
  );
}
