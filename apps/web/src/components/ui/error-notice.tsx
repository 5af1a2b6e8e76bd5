import type { ErrorInfo } from "@mcp-assistant/mcp-redis/shared";
import type { ReactNode } from "react";
import { Notice } from "./notice";

interface ErrorNoticeProps {
  error: ErrorInfo;
  children?: ReactNode;
}

/** A typed error: what happened, and what to do next. */
export function ErrorNotice({ error, children }: ErrorNoticeProps) {
  return (
    <Notice tone="danger" title={error.message} hint={error.hint} operatorHint={error.operatorHint}>
      {children}
    </Notice>
  );
}
