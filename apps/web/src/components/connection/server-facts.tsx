import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import type { ReactNode } from "react";

/** What the server calls itself, and the MCP revision that it speaks; nothing before the first connect. */
export function ServerFacts({ connection: { protocolVersion, serverInfo } }: { connection: Connection }) {
  if (!serverInfo && protocolVersion === null) return null;
  const { name = "", title = name, version } = serverInfo ?? {};
  return (
    <dl className="mt-1 flex flex-wrap gap-x-3 gap-y-0.5 text-[0.8125rem] text-muted">
      {serverInfo && (
        <Fact term="Server">
          {/* Each is a text of the server, and may be in a script that runs the other way. */}
          <bdi>{title}</bdi> {version !== undefined && <bdi>{version}</bdi>}
        </Fact>
      )}
      {protocolVersion !== null && (
        <Fact term="MCP">
          <bdi>{protocolVersion}</bdi>
        </Fact>
      )}
    </dl>
  );
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 gap-1">
      <dt>{term}</dt>
      <dd className="line-clamp-3 min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}
