"use client";

import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useAnnounce } from "../announcements/announcer";
import { Button } from "./button";

/** How long (ms) the button says what became of the click. */
const saysMs = 2_000;

/** Copies a text. Browsers allow it only to pages that they have loaded securely. */
export function CopyButton({ text, children }: { text: string; children: string }) {
  const announce = useAnnounce();
  const [outcome, setOutcome] = useState<string | undefined>();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), saysMs);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    const next = await navigator.clipboard.writeText(text).then(
      () => "Copied",
      () => "Your browser did not allow it",
    );
    setOutcome(next);
    announce(next);
  };
  if (typeof navigator === "undefined" || !navigator.clipboard) return null;
  const Icon = outcome === "Copied" ? Check : Copy;
  return (
    <Button variant="quiet" onClick={copy}>
      <Icon aria-hidden="true" />
      {outcome ?? children}
    </Button>
  );
}
