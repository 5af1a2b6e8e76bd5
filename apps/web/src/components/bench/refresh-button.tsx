"use client";

import { RefreshCw } from "lucide-react";
import { useAnnounce } from "../announcements/announcer";
import { Button } from "../ui/button";

interface Asked {
  isFetching: boolean;
  refetch: () => Promise<{ isSuccess: boolean }>;
}

interface RefreshButtonProps {
  /** What is listed, such as `Resources`. */
  label: string;
  /** The queries that ask for it. */
  queries: readonly Asked[];
}

/** Asks the server for its lists again: not every server says when they change. */
export function RefreshButton({ label, queries }: RefreshButtonProps) {
  const announce = useAnnounce();
  const isFetching = queries.some((query) => query.isFetching);
  const refresh = async () => {
    const answers = await Promise.all(queries.map(({ refetch }) => refetch()));
    if (answers.every(({ isSuccess }) => isSuccess)) announce(`${label}: refreshed`);
  };
  return (
    <Button variant="quiet" pending={isFetching} onClick={() => void refresh()}>
      {!isFetching && <RefreshCw aria-hidden="true" />}
      Refresh
    </Button>
  );
}
