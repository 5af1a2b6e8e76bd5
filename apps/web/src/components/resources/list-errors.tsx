import type { ErrorInfo } from "@mcp-assistant/mcp-redis/shared";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";

interface Asked {
  error: ErrorInfo | null;
  refetch: () => unknown;
}

/** Why lists could not be had, each with a way to ask again. An error of several lists is said once. */
export function ListErrors({ queries }: { queries: readonly Asked[] }) {
  const failed = queries.flatMap(({ error, refetch }) => (error ? { error, refetch } : []));
  const different = new Map(failed.map(({ error }) => [`${error.message} ${error.hint}`, error]));
  return [...different].map(([text, error]) => {
    const retry = () => {
      for (const { error: own, refetch } of failed) if (`${own.message} ${own.hint}` === text) refetch();
    };
    return (
      <ErrorNotice key={text} error={error}>
        <Button onClick={retry}>Try again</Button>
      </ErrorNotice>
    );
  });
}
