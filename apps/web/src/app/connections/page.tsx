import type { Metadata } from "next";
import { ConnectForm } from "../../components/connect/connect-form";
import { DemoServerCard } from "../../components/connect/demo-server-card";
import { ConnectionsView } from "../../components/connection/connections-view";
import { LatestEvents } from "../../components/events/latest-events";
import { MemoryNote } from "../../components/site/memory-note";
import { PageTitle } from "../../components/site/page-title";
import { demoServers } from "../../server/demo-servers";
import { mcp } from "../../server/mcp";

export const metadata: Metadata = { title: "Connections" };

// Settings on this page come from the running app's environment, not from the build's.
export const dynamic = "force-dynamic";

const demoServersId = "demo-servers";

export default function ConnectionsPage() {
  const demos = demoServers();
  return (
    <>
      <PageTitle title="Connections">Your MCP servers and their status.</PageTitle>
      <div className="mt-6 grid gap-8 lg:grid-cols-[minmax(0,1fr)_19rem]">
        <div className="flex min-w-0 flex-col gap-8">
          <section aria-labelledby="connect-a-server">
            <h2 id="connect-a-server" className="mb-3 text-lg font-semibold tracking-tight">
              Connect a server
            </h2>
            <ConnectForm />
          </section>
          <ConnectionsView demoServersId={demos.length > 0 ? demoServersId : undefined} inMemory={mcp.inMemory} />
          {mcp.inMemory && <MemoryNote />}
        </div>
        <div className="flex min-w-0 flex-col gap-8">
          {demos.length > 0 && (
            <section id={demoServersId} aria-labelledby={`${demoServersId}-title`}>
              <h2 id={`${demoServersId}-title`} className="mb-3 text-lg font-semibold tracking-tight">
                Demo servers
              </h2>
              <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-1">
                {demos.map((server) => (
                  <DemoServerCard key={server.url} {...server} />
                ))}
              </ul>
            </section>
          )}
          <div className="hidden lg:block">
            <LatestEvents />
          </div>
        </div>
      </div>
    </>
  );
}
