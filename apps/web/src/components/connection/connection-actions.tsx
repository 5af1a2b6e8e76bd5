"use client";

import { useDisconnect, useMcpStream } from "@mcp-assistant/mcp-redis/client";
import { type Connection, isTransitional } from "@mcp-assistant/mcp-redis/shared";
import { Wrench } from "lucide-react";
import { useAnnounceError } from "../announcements/use-announce-error";
import { Button, buttonLook } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { useFreshError } from "../ui/use-fresh-error";
import { ConnectAgain } from "./connect-again";
import { useConnecting } from "./connecting";
import { RemoveDialog } from "./remove-dialog";
import { isReadable } from "./server-address";
import { SignInLink } from "./sign-in-link";
import { SignOutDialog } from "./sign-out-dialog";
import { ToolsLink } from "./tools-link";

interface ConnectionActionsProps {
  connection: Connection;
  onRemoved: () => void;
}

/** The actions that a connection offers in its current state. */
export function ConnectionActions({ connection, onRemoved }: ConnectionActionsProps) {
  const { status } = useMcpStream();
  const disconnecting = useDisconnect({ onError: useAnnounceError() });
  const { blocked } = useConnecting();
  const { authUrl, serverName, sessionId, signedIn, state, v } = connection;
  const error = useFreshError(disconnecting, `${status} ${v}`);
  const { isPending } = disconnecting;
  const disconnect = () => disconnecting.mutate(sessionId);
  const isWaiting = state === "AUTHENTICATING" && authUrl !== null;
  return (
    <>
      <fieldset className="mt-4 flex flex-wrap items-center gap-2" aria-label={`Actions for ${serverName}`}>
        {state === "CONNECTED" && (
          <>
            <ToolsLink sessionId={sessionId} className={buttonLook("soft")}>
              <Wrench aria-hidden="true" />
              Open tools
            </ToolsLink>
            <Button pending={isPending} onClick={disconnect}>
              Disconnect
            </Button>
          </>
        )}
        {isWaiting && !blocked.has(sessionId) && <SignInLink connection={connection} authUrl={authUrl} />}
        {isTransitional(state) ? (
          <Button variant={isWaiting ? "quiet" : "secondary"} pending={isPending} onClick={disconnect}>
            Cancel
          </Button>
        ) : (
          <>
            {isReadable(connection) && <ConnectAgain connection={connection} />}
            <span className="ml-auto flex gap-2">
              {signedIn && <SignOutDialog connection={connection} />}
              <RemoveDialog connection={connection} onRemoved={onRemoved} />
            </span>
          </>
        )}
      </fieldset>
      {error && (
        <div className="mt-3">
          <ErrorNotice error={error} />
        </div>
      )}
    </>
  );
}
