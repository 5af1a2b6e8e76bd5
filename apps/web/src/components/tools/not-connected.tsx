"use client";

import { type Connection, isTransitional } from "@mcp-assistant/mcp-redis/shared";
import { BlockedSignIn } from "../connection/blocked-sign-in";
import { ConnectAgain } from "../connection/connect-again";
import { useConnecting } from "../connection/connecting";
import { isReadable } from "../connection/server-address";
import { SignInLink } from "../connection/sign-in-link";
import { stateText } from "../connection/state-look";
import { ErrorNotice } from "../ui/error-notice";
import { Notice } from "../ui/notice";

/** Why no tool can be called right now, and what to do about it; nothing for a connected server. */
export function NotConnected({ connection }: { connection: Connection }) {
  const { blocked } = useConnecting();
  const { authUrl, error, reason, sessionId, state } = connection;
  if (state === "CONNECTED") return null;
  if (authUrl !== null && blocked.has(sessionId)) return <BlockedSignIn sessionId={sessionId} authUrl={authUrl} />;
  if (error) {
    return (
      <ErrorNotice error={error}>{isReadable(connection) && <ConnectAgain connection={connection} />}</ErrorNotice>
    );
  }
  if (isTransitional(state)) {
    return (
      <Notice tone="info" title={`${stateText(connection)}…`} hint="You can run its tools once it is connected.">
        {state === "AUTHENTICATING" && authUrl !== null && <SignInLink connection={connection} authUrl={authUrl} />}
      </Notice>
    );
  }
  return (
    <Notice tone="neutral" title={reason ?? "This server is disconnected"} hint="Connect it to run its tools.">
      <ConnectAgain connection={connection} />
    </Notice>
  );
}
