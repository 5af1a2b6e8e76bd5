"use client";

import { ExternalLink } from "lucide-react";
import { useEffect, useRef } from "react";
import { buttonLook } from "../ui/button";
import { Notice } from "../ui/notice";
import { useConnecting } from "./connecting";

/** In place of a sign-in window that the browser did not open: plain links, which no browser blocks. */
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
      hint="Open it with a link, or allow pop-ups for this app."
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

/** The same page for this tab: it comes back to where it is now. */
function hereAndBack(authUrl: string): string {
  const url = new URL(authUrl);
  url.searchParams.set("returnTo", location.pathname + location.search);
  return url.href;
}
