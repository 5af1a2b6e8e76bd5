"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import { type Connection, isTransitional } from "@mcp-assistant/mcp-redis/shared";
import { ExternalLink, Wrench } from "lucide-react";
import Link from "next/link";
import { Button, buttonLook } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { useAction } from "../ui/use-action";
import { ConnectAgain } from "./connect-again";
import { useConnecting } from "./connecting";
import { RemoveDialog } from "./remove-dialog";
import { toolsPath } from "./server-address";

interface ConnectionActionsProps {
  connection: Connection;
  onRemoved: () => void;
}

/** What can be done with a connection in the state that it is in. */
export function ConnectionActions({ connection, onRemoved }: ConnectionActionsProps) {
  const { disconnect, remove } = useMcp();
  const { blocked } = useConnecting();
  const { authUrl, serverName, sessionId, state } = connection;
  const ending = useAction(() => disconnect(sessionId));
  const isWaiting = state === "AUTHENTICATING" && authUrl !== null;
  return (
    <>
      <fieldset className="mt-4 flex flex-wrap items-center gap-2" aria-label={`Actions for ${serverName}`}>
        {state === "CONNECTED" && (
          <>
            <Link href={toolsPath(sessionId)} className={buttonLook("soft")}>
              <Wrench aria-hidden="true" />
              Open tools
            </Link>
            <Button pending={ending.pending} onClick={ending.run}>
              Disconnect
            </Button>
          </>
        )}
        {isWaiting && !blocked.has(sessionId) && (
          <a href={authUrl} target="_blank" rel="noopener opener" className={buttonLook("secondary")}>
            <ExternalLink aria-hidden="true" />
            Open sign-in again
          </a>
        )}
        {isTransitional(state) ? (
          <Button variant={isWaiting ? "quiet" : "secondary"} pending={ending.pending} onClick={ending.run}>
            Cancel
          </Button>
        ) : (
          <>
            <ConnectAgain connection={connection} />
            <span className="ml-auto">
              <RemoveDialog serverName={serverName} remove={() => remove(sessionId)} onRemoved={onRemoved} />
            </span>
          </>
        )}
      </fieldset>
      {ending.error && (
        <div className="mt-3">
          <ErrorNotice error={ending.error} />
        </div>
      )}
    </>
  );
}
