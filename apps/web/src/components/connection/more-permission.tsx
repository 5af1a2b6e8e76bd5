"use client";

import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { Notice } from "../ui/notice";
import { BlockedSignIn } from "./blocked-sign-in";
import { useConnecting } from "./connecting";
import { SignInButton } from "./sign-in-button";
import { wantsMore } from "./state-look";

/** That a connection which works lacks a permission, and the way to give it; nothing for the others. */
export function MorePermission({ connection }: { connection: Connection }) {
  const { blocked } = useConnecting();
  const { authUrl, sessionId } = connection;
  if (!wantsMore(connection) || authUrl === null) return null;
  if (blocked.has(sessionId)) return <BlockedSignIn sessionId={sessionId} authUrl={authUrl} />;
  return (
    <Notice
      tone="sign-in"
      title="This server wants more permission"
      hint="A call needed something that you have not allowed yet. Everything else works as before."
    >
      <SignInButton connection={connection}>Sign in to allow it</SignInButton>
    </Notice>
  );
}
