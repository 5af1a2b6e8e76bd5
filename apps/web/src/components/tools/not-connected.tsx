"use client";

import { type Connection, isTransitional } from "@mcp-assistant/mcp-redis/shared";
import { ExternalLink } from "lucide-react";
import { BlockedSignIn } from "../connection/blocked-sign-in";
import { ConnectAgain } from "../connection/connect-again";
import { useConnecting } from "../connection/connecting";
import { stateText } from "../connection/state-look";
import { buttonLook } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { Notice } from "../ui/notice";

/** Why no tool can be called now, and what to do about it; nothing for a connection that works. */
export function NotConnected({ connection }: { connection: Connection }) {
  const { blocked } = useConnecting();
  const { authUrl, error, reason, sessionId, state } = connection;
  if (state === "CONNECTED") return null;
  if (authUrl !== null && blocked.has(sessionId)) return <BlockedSignIn authUrl={authUrl} />;
  if (error) {
    return (
      <ErrorNotice error={error}>
        <ConnectAgain connection={connection} />
      </ErrorNotice>
    );
  }
  if (isTransitional(state)) {
    return (
      <Notice tone="info" title={`${stateText(connection)}…`} hint="The tools can be called once it is connected.">
        {state === "AUTHENTICATING" && authUrl !== null && (
          <a href={authUrl} target="_blank" rel="noopener opener" className={buttonLook("secondary")}>
            <ExternalLink aria-hidden="true" />
            Open sign-in again
          </a>
        )}
      </Notice>
    );
  }
  return (
    <Notice tone="neutral" title={reason ?? "This server is disconnected"} hint="Reconnect it to call its tools.">
      <ConnectAgain connection={connection} />
    </Notice>
  );
}
