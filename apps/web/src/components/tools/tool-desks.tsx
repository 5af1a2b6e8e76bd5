"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import type { ToolInfo } from "@mcp-assistant/mcp-redis/shared";
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from "react";
import { argumentsSkeleton } from "./arguments-skeleton";
import type { Run } from "./run";

/** What the page knows of one tool: what stands in its editor, and what became of its last call. */
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
  /** Changes a part of a desk, which is a fresh one when nothing is known of it. */
  change: (sessionId: string, tool: ToolInfo, part: Partial<ToolDesk>) => void;
}

const ToolDesksContext = createContext<ToolDesks | null>(null);
const none: Desks = new Map();

/**
 * Keeps every desk as it was left while its user looks at other tools and pages: in this tab's memory and nowhere else,
 * since arguments may be secret, and for as long as its connection is there.
 */
export function ToolDesksProvider({ children }: { children: ReactNode }) {
  const { connections } = useMcp();
  const [kept, setKept] = useState<ReadonlyMap<string, Desks>>(new Map());
  const gone = connections && [...kept.keys()].filter((id) => !connections.some(({ sessionId }) => sessionId === id));
  if (gone && gone.length > 0) setKept(new Map([...kept].filter(([id]) => !gone.includes(id))));

  const change = useCallback<ToolDesks["change"]>((sessionId, tool, part) => {
    setKept((before) => {
      const desks = before.get(sessionId) ?? none;
      const desk = { ...(desks.get(tool.name) ?? freshDesk(tool)), ...part };
      return new Map(before).set(sessionId, new Map(desks).set(tool.name, desk));
    });
  }, []);
  const value = useMemo<ToolDesks>(() => ({ desksOf: (id) => kept.get(id) ?? none, change }), [change, kept]);
  return <ToolDesksContext value={value}>{children}</ToolDesksContext>;
}

export function useToolDesks(): ToolDesks {
  const value = use(ToolDesksContext);
  if (!value) throw new Error("There is no <ToolDesksProvider> above this component");
  return value;
}
