"use client";

import { ExternalLink } from "lucide-react";
import { useEffect, useRef } from "react";
import { buttonLook } from "../ui/button";
import { Notice } from "../ui/notice";
import { useConnecting } from "./connecting";

/** Replaces a sign-in window that the browser blocked with plain links, which no browser blocks. */
export function BlockedSignIn({ sessionId, authUrl }: { sessionId: string; authUrl: string }) {
  const { claimFocus } = useConnecting();
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (claimFocus(sessionId)) link.current?.focus();
  }, [claimFocus, sessionId]);
  return (
    <Notice
      tone="warning"
      title="Your browser blocked the sign-in window"
      hint="Use one of these links, or allow pop-ups for this app."
    >
      <a ref={link} href={authUrl} target="_blank" rel="noopener opener" className={buttonLook("secondary")}>
        <ExternalLink aria-hidden="true" />
        Open sign-in
      </a>
      <a href={hereAndBack(authUrl)} className={buttonLook("quiet")}>
        Continue in this tab
      </a>
    </Notice>
  );
}

/** The same sign-in for this tab: afterwards it returns to the current page. */
function hereAndBack(authUrl: string): string {
  const url = new URL(authUrl);
  url.searchParams.set("returnTo", location.pathname + location.search);
  return url.href;
}
