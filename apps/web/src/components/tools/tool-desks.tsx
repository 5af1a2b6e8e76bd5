"use client";

import type { ToolInfo } from "@mcp-assistant/mcp-redis/shared";
import { createContext, type ReactNode, use, useCallback, useMemo } from "react";
import { useKeptPerConnection } from "../connection/use-kept-per-connection";
import { argumentsSkeleton } from "./arguments-skeleton";
import type { Run } from "./run";

/** What the page keeps for one tool: the text in its editor, and the outcome of its last call. */
export interface ToolDesk {
  text: string;
  /** Why the text cannot be sent. */
  problem: string | null;
  run: Run;
}

export const freshDesk = ({ inputSchema }: ToolInfo): ToolDesk => ({
  text: argumentsSkeleton(inputSchema),
  problem: null,
  run: { status: "none" },
});

/** The desks of a connection's tools, by the tool's name. */
type Desks = ReadonlyMap<string, ToolDesk>;

interface ToolDesks {
  desksOf: (sessionId: string) => Desks;
  /** Changes part of a desk. A tool without a desk gets a fresh one. */
  change: (sessionId: string, tool: ToolInfo, part: Partial<ToolDesk>) => void;
}

const ToolDesksContext = createContext<ToolDesks | null>(null);
const none: Desks = new Map();

/**
 * Keeps every desk as it is while the user looks at other tools and pages, until its connection is removed. Arguments
 * may be secret, so the desks are kept only in this tab's memory.
 */
export function ToolDesksProvider({ children }: { children: ReactNode }) {
  const [kept, setKept] = useKeptPerConnection<Desks>();
  const change = useCallback<ToolDesks["change"]>(
    (sessionId, tool, part) => {
      setKept((before) => {
        const desks = before.get(sessionId) ?? none;
        const desk = { ...(desks.get(tool.name) ?? freshDesk(tool)), ...part };
        return new Map(before).set(sessionId, new Map(desks).set(tool.name, desk));
      });
    },
    [setKept],
  );
  const value = useMemo<ToolDesks>(() => ({ desksOf: (id) => kept.get(id) ?? none, change }), [change, kept]);
  return <ToolDesksContext value={value}>{children}</ToolDesksContext>;
}

export function useToolDesks(): ToolDesks {
  const value = use(ToolDesksContext);
  if (!value) throw new Error("There is no <ToolDesksProvider> above this component");
  return value;
}
