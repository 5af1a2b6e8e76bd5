"use client";

import { useComplete, useConnection } from "@mcp-assistant/mcp-redis/client";
import type { CompletionInput, McpSessionError } from "@mcp-assistant/mcp-redis/shared";
import { useEffect, useState } from "react";
import { mayOffer } from "./may-offer";

/** How long (ms) nothing is typed before the server is asked: each question counts as a call. */
const pauseMs = 150;

/** The longest proposal (characters) that is shown. A field has no room for more. */
const maxProposal = 1_000;

const none: readonly string[] = [];

/**
 * The server's proposals for an argument while they are `wanted`. A question is cancelled when the next one replaces it.
 * Proposals only help, so an error is not shown; a server without completions is not asked, and
 * `isOffered` is false once that is known.
 */
export function useProposals(sessionId: string, input: CompletionInput, wanted: boolean) {
  const complete = useComplete(sessionId);
  const [found, setFound] = useState(none);
  const { data: connection } = useConnection(sessionId);
  const [isRefused, setIsRefused] = useState(false);
  const isOffered = mayOffer(connection, "completions") && !isRefused;
  const question = JSON.stringify(input);
  const asks = wanted && isOffered && connection?.state === "CONNECTED";
  useEffect(() => {
    if (!asks) return setFound(none);
    const aborting = new AbortController();
    const { signal } = aborting;
    const timer = setTimeout(() => {
      complete(JSON.parse(question), { signal }).then(
        ({ values }) => signal.aborted || setFound([...new Set(values)].filter(({ length }) => length <= maxProposal)),
        ({ code }: McpSessionError) => {
          if (signal.aborted) return;
          setFound(none);
          if (code === "NOT_SUPPORTED") setIsRefused(true);
        },
      );
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      aborting.abort();
    };
  }, [asks, complete, question]);
  return { proposals: found, isOffered };
}
