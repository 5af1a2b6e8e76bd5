"use client";

import { Button } from "../components/ui/button";

export default function ErrorPage({ reset }: { reset: () => void }) {
  return (
    <div className="flex flex-col items-start gap-4">
      <h1 className="text-2xl font-semibold tracking-tight">Something went wrong on this page</h1>
      <p className="text-muted">Your connections are not affected. Try again, or reload the page.</p>
      <Button onClick={reset}>Try again</Button>
    </div>
  );
}
