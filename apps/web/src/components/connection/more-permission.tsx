"use client";

import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { Notice } from "../ui/notice";
import { BlockedSignIn } from "./blocked-sign-in";
import { useConnecting } from "./connecting";
import { SignInButton } from "./sign-in-button";
import { wantsMore } from "./state-look";

/** Offers a sign-in for a connected server that needs another permission; otherwise renders nothing. */
export function MorePermission({ connection }: { connection: Connection }) {
  const { blocked } = useConnecting();
  const { authUrl, serverName, sessionId } = connection;
  if (!wantsMore(connection) || authUrl === null) return null;
  if (blocked.has(sessionId)) return <BlockedSignIn sessionId={sessionId} authUrl={authUrl} />;
  return (
    <Notice
      tone="sign-in"
      title={`${serverName} needs another permission`}
      hint="A request needed something that you have not allowed yet. Everything else still works."
    >
      <SignInButton connection={connection}>Sign in to allow it</SignInButton>
    </Notice>
  );
}
