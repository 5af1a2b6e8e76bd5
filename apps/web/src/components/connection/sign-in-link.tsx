"use client";

import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { ExternalLink } from "lucide-react";
import { buttonLook } from "../ui/button";
import { useConnecting } from "./connecting";

/** Restarts a sign-in in its window, or in a new one. It is a real link, so a modified click opens a tab of its own. */
export function SignInLink({ connection, authUrl }: { connection: Connection; authUrl: string }) {
  const { signIn } = useConnecting();
  return (
    <a
      href={authUrl}
      target="_blank"
      rel="noopener opener"
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        if (signIn(connection) === "opened") event.preventDefault();
      }}
      className={buttonLook("secondary")}
    >
      <ExternalLink aria-hidden="true" />
      Open sign-in again
    </a>
  );
}
