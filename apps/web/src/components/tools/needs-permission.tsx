"use client";

import { type Connection, isTransitional } from "@mcp-assistant/mcp-redis/shared";
import { KeyRound, Play } from "lucide-react";
import { BlockedSignIn } from "../connection/blocked-sign-in";
import { useConnecting } from "../connection/connecting";
import { stateText, wantsMore } from "../connection/state-look";
import { Button } from "../ui/button";
import { Notice } from "../ui/notice";
import type { FailedRun } from "./run";

interface NeedsPermissionProps {
  connection: Connection;
  run: FailedRun;
  /** Why no tool can be called right now. */
  obstacle: string | undefined;
  /** Calls the tool again with the same arguments. */
  onRepeat: () => void;
}

/**
 * For a call that needs more than the sign-in allows: why it failed and what to do. The call is repeated only by a
 * click, never automatically. The button stays the same element, so that it keeps the focus from the sign-in to the
 * repeated call.
 */
export function NeedsPermission({ connection, run, obstacle, onRepeat }: NeedsPermissionProps) {
  const { blocked, signIn } = useConnecting();
  const { authUrl, sessionId, state, stateSince } = connection;
  const { error, connectedSince } = run;
  if (state === "CONNECTED" && stateSince !== connectedSince) {
    const hint = obstacle ?? "It was not run again automatically. The arguments are the same as before.";
    return (
      <Notice tone="success" title="You can run it again now" hint={hint}>
        <Button variant="primary" unavailable={obstacle !== undefined} onClick={onRepeat}>
          <Play aria-hidden="true" />
          Run again
        </Button>
      </Notice>
    );
  }
  const offered = wantsMore(connection);
  if (offered && authUrl !== null && blocked.has(sessionId)) {
    return (
      <div className="flex flex-col gap-2">
        <Notice tone="sign-in" title={error.message} hint={error.hint} operatorHint={error.operatorHint} />
        <BlockedSignIn sessionId={sessionId} authUrl={authUrl} />
      </div>
    );
  }
  return (
    <Notice
      tone={offered || isTransitional(state) ? "sign-in" : "warning"}
      title={error.message}
      hint={error.hint}
      operatorHint={error.operatorHint}
    >
      {(offered || isTransitional(state)) && (
        <Button variant="primary" pending={!offered} onClick={() => signIn(connection)}>
          {offered && <KeyRound aria-hidden="true" />}
          {offered ? "Sign in to allow it" : `${stateText(connection)}…`}
        </Button>
      )}
    </Notice>
  );
}
