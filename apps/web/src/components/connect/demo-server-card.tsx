"use client";

import { useConnections, useMcpStream } from "@mcp-assistant/mcp-redis/client";
import { KeyRound, LockOpen } from "lucide-react";
import { useId } from "react";
import type { DemoServer } from "../../server/demo-servers";
import { useConnectingTo } from "../connection/connecting";
import { cardId } from "../connection/server-address";
import { StateBadge } from "../connection/state-badge";
import { ToolsLink } from "../connection/tools-link";
import { Button, buttonLook } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { useFreshError } from "../ui/use-fresh-error";

export function DemoServerCard({ name, description, url, signIn }: DemoServer) {
  const { data: connections } = useConnections();
  const { status } = useMcpStream();
  const connecting = useConnectingTo();
  const error = useFreshError(connecting, status);
  const id = useId();
  const connection = connections?.find(({ serverUrl }) => serverUrl === new URL(url).href);
  const SignInIcon = signIn ? KeyRound : LockOpen;
  return (
    <li
      tabIndex={-1}
      aria-labelledby={id}
      className="flex flex-col gap-3 rounded-card border bg-surface p-4 shadow-card"
    >
      <div>
        <h3 id={id} className="font-semibold tracking-tight">
          {name}
        </h3>
        <p className="mt-0.5 text-sm text-muted">{description}</p>
        <p className="mt-2 flex items-center gap-1.5 text-[0.8125rem] text-muted">
          <SignInIcon aria-hidden="true" className="size-3.5" />
          {signIn ? "Requires sign-in" : "No sign-in needed"}
        </p>
      </div>
      <div className="flex flex-wrap items-center justify-between gap-2">
        {connection ? (
          <>
            <StateBadge connection={connection} stale={status !== "live"} />
            {connection.state === "CONNECTED" ? (
              <ToolsLink sessionId={connection.sessionId} className={buttonLook("quiet", "-mr-2")}>
                Open tools
              </ToolsLink>
            ) : (
              <a href={`#${cardId(connection.sessionId)}`} className={buttonLook("quiet", "-mr-2")}>
                Show
              </a>
            )}
          </>
        ) : (
          <Button
            pending={connecting.isPending}
            onClick={() => connecting.mutate({ serverUrl: url, serverName: name })}
            aria-describedby={id}
          >
            Connect
          </Button>
        )}
      </div>
      {error && <ErrorNotice error={error} />}
    </li>
  );
}
