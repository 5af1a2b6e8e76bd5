"use client";

import { type Connection, isTransitional } from "@mcp-assistant/mcp-redis/shared";
import { ErrorNotice } from "../ui/error-notice";
import { Notice } from "../ui/notice";
import { BlockedSignIn } from "./blocked-sign-in";
import { ConnectAgain } from "./connect-again";
import { useConnecting } from "./connecting";
import { isReadable } from "./server-address";
import { SignInLink } from "./sign-in-link";
import { stateText } from "./state-look";

/** Why the server cannot be used right now, and what to do about it; nothing for a connected server. */
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
      <Notice tone="info" title={`${stateText(connection)}…`} hint="You can use it once it is connected.">
        {state === "AUTHENTICATING" && authUrl !== null && <SignInLink connection={connection} authUrl={authUrl} />}
      </Notice>
    );
  }
  return (
    <Notice tone="neutral" title={reason ?? "This server is disconnected"} hint="Connect it to use it.">
      <ConnectAgain connection={connection} />
    </Notice>
  );
}
