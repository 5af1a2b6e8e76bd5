"use client";

import { ExternalLink } from "lucide-react";
import { useEffect, useRef } from "react";
import { buttonLook } from "../ui/button";
import { Notice } from "../ui/notice";
import { useConnecting } from "./connecting";

/** In place of a sign-in window that the browser did not open: a plain link, which no browser blocks. */
export function BlockedSignIn({ sessionId, authUrl }: { sessionId: string; authUrl: string }) {
  const { claimFocus } = useConnecting();
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (claimFocus(sessionId)) link.current?.focus();
  }, [claimFocus, sessionId]);
  return (
    <Notice
      tone="warning"
      title="Your browser blocked the sign-in window."
      hint="Open it with this link, or allow pop-ups for this app."
    >
      <a ref={link} href={authUrl} target="_blank" rel="noopener opener" className={buttonLook("secondary")}>
        <ExternalLink aria-hidden="true" />
        Open sign-in
      </a>
    </Notice>
  );
}
