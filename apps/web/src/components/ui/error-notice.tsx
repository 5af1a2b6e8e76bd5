import type { ErrorInfo } from "@mcp-assistant/mcp-redis/shared";
import type { ReactNode, Ref } from "react";
import { Notice } from "./notice";

interface ErrorNoticeProps {
  error: ErrorInfo;
  children?: ReactNode;
  ref?: Ref<HTMLDivElement>;
  id?: string;
}

/** A typed error: what happened, and what to do next. */
export function ErrorNotice({ error, ...rest }: ErrorNoticeProps) {
  return <Notice tone="danger" title={error.message} hint={error.hint} {...rest} />;
}
