"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { RefreshCw } from "lucide-react";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { useAction } from "../ui/use-action";
import { useConnecting } from "./connecting";
import { SignInButton } from "./sign-in-button";

/** Offers to connect again when a connection is disconnected or has failed; otherwise renders nothing. */
export function ConnectAgain({ connection }: { connection: Connection }) {
  const { reconnect } = useConnecting();
  const { status } = useMcp();
  const { authUrl, era, state, v } = connection;
  const connecting = useAction(() => reconnect(connection), `${status} ${v}`);
  if (state === "FAILED" && authUrl !== null) {
    return <SignInButton connection={connection}>Sign in</SignInButton>;
  }
  if (state !== "FAILED" && state !== "DISCONNECTED") return null;
  return (
    <>
      <Button variant="secondary" pending={connecting.pending} onClick={connecting.run}>
        {!connecting.pending && <RefreshCw aria-hidden="true" />}
        {state === "FAILED" ? "Try again" : era === null ? "Connect" : "Reconnect"}
      </Button>
      {connecting.error && <ErrorNotice error={connecting.error} />}
    </>
  );
}
