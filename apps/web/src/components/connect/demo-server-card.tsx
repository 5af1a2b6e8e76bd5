"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import { KeyRound, LockOpen } from "lucide-react";
import { useId } from "react";
import type { DemoServer } from "../../server/demo-servers";
import { useConnecting } from "../connection/connecting";
import { cardId } from "../connection/server-address";
import { StateBadge } from "../connection/state-badge";
import { ToolsLink } from "../connection/tools-link";
import { Button, buttonLook } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { useAction } from "../ui/use-action";

export function DemoServerCard({ name, description, url, signIn }: DemoServer) {
  const { connections, status } = useMcp();
  const { connect } = useConnecting();
  const connecting = useAction(() => connect({ serverUrl: url, serverName: name }), status);
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
          <Button pending={connecting.pending} onClick={connecting.run} aria-describedby={id}>
            Connect
          </Button>
        )}
      </div>
      {connecting.error && <ErrorNotice error={connecting.error} />}
    </li>
  );
}
