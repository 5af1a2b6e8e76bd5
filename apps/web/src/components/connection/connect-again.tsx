"use client";

import { useMcpStream } from "@mcp-assistant/mcp-redis/client";
import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { RefreshCw } from "lucide-react";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { useFreshError } from "../ui/use-fresh-error";
import { useReconnecting } from "./connecting";
import { SignInButton } from "./sign-in-button";

/** Offers to connect again when a connection is disconnected or has failed; otherwise renders nothing. */
export function ConnectAgain({ connection }: { connection: Connection }) {
  const { status } = useMcpStream();
  const { authUrl, era, sessionId, state, v } = connection;
  const reconnecting = useReconnecting(connection);
  const error = useFreshError(reconnecting, `${status} ${v}`);
  if (state === "FAILED" && authUrl !== null) {
    return <SignInButton connection={connection}>Sign in</SignInButton>;
  }
  if (state !== "FAILED" && state !== "DISCONNECTED") return null;
  return (
    <>
      <Button variant="secondary" pending={reconnecting.isPending} onClick={() => reconnecting.mutate({ sessionId })}>
        {!reconnecting.isPending && <RefreshCw aria-hidden="true" />}
        {state === "FAILED" ? "Try again" : era === null ? "Connect" : "Reconnect"}
      </Button>
      {error && <ErrorNotice error={error} />}
    </>
  );
}
