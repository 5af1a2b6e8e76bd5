"use client";

import type { CompletionInput } from "@mcp-assistant/mcp-redis/shared";
import { createContext, type ReactNode, use, useCallback, useMemo } from "react";
import { useKeptPerConnection } from "../connection/use-kept-per-connection";

/** What the user has typed, by the name of the argument or variable. */
type Typed = ReadonlyMap<string, string>;

/** A prompt or template of a connection. */
interface Owner {
  sessionId: string;
  reference: CompletionInput["ref"];
}

interface TypedArguments {
  typedFor: (owner: Owner) => Typed;
  change: (owner: Owner, typed: Typed) => void;
}

const TypedArgumentsContext = createContext<TypedArguments | null>(null);
const nothing: Typed = new Map();
const keyOf = ({ reference }: Owner) => JSON.stringify(reference);

/**
 * Keeps what the user types for prompts and templates while they look at others, and at other pages, until the
 * connection is removed. It may be secret, so it is kept only in this tab's memory.
 */
export function TypedArgumentsProvider({ children }: { children: ReactNode }) {
  const [kept, setKept] = useKeptPerConnection<ReadonlyMap<string, Typed>>();
  const change = useCallback<TypedArguments["change"]>(
    (owner, typed) =>
      setKept((before) =>
        new Map(before).set(owner.sessionId, new Map(before.get(owner.sessionId)).set(keyOf(owner), typed)),
      ),
    [setKept],
  );
  const value = useMemo<TypedArguments>(
    () => ({ typedFor: (owner) => kept.get(owner.sessionId)?.get(keyOf(owner)) ?? nothing, change }),
    [change, kept],
  );
  return <TypedArgumentsContext value={value}>{children}</TypedArgumentsContext>;
}

/** What the user has typed for a prompt or template, and a function that changes it. */
export function useTypedArguments(owner: Owner): [typed: Typed, change: (typed: Typed) => void] {
  const value = use(TypedArgumentsContext);
  if (!value) throw new Error("There is no <TypedArgumentsProvider> above this component");
  return [value.typedFor(owner), (typed) => value.change(owner, typed)];
}
