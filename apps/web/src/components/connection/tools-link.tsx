"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import { trpc } from "../site/trpc";
import { viewPath } from "./views";

interface ToolsLinkProps {
  sessionId: string;
  className: string;
  children: ReactNode;
}

/** A link to a connection's tools. Hovering over it or focusing it already loads them. */
export function ToolsLink({ sessionId, className, children }: ToolsLinkProps) {
  const { list } = trpc.useUtils().mcp.tools;
  const prefetch = () => void list.prefetch({ sessionId }, { staleTime: Number.POSITIVE_INFINITY });
  return (
    <Link href={viewPath(sessionId, "tools")} className={className} onPointerEnter={prefetch} onFocus={prefetch}>
      {children}
    </Link>
  );
}
