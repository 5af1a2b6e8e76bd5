"use client";

import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { type SubmitEvent, useState } from "react";
import { useReconnecting } from "../connection/connecting";
import { Button } from "../ui/button";
import { Disclosure } from "../ui/disclosure";
import { ErrorNotice } from "../ui/error-notice";
import { headersOfKey, headersProblem } from "./headers-of-key";
import { KeyFields } from "./key-fields";

const mayWantKey = ({ error, state }: Connection) =>
  state === "FAILED" && (error?.code === "AUTHORIZATION_REQUIRED" || error?.code === "AUTHORIZATION_FAILED");

/** Names the header that carries a connection's key, and lets the user change it. Nothing when no key is needed. */
export function ConnectionKey({ connection }: { connection: Connection }) {
  const { headerNames, sessionId } = connection;
  const hasKey = headerNames.length > 0;
  if (!hasKey && !mayWantKey(connection)) return null;
  return (
    <div className="mt-3">
      {hasKey && (
        <p className="text-sm text-muted wrap-anywhere">
          Your key is sent in the {headerNames.join(", ")} header{headerNames.length === 1 ? "" : "s"}.
        </p>
      )}
      <Disclosure title={hasKey ? "Change the key" : "Use an API key instead"}>
        <KeyForm key={sessionId} connection={connection} />
      </Disclosure>
    </div>
  );
}

function KeyForm({ connection }: { connection: Connection }) {
  const [problem, setProblem] = useState<string | null>(null);
  const changing = useReconnecting(connection);
  const { sessionId } = connection;
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const headers = headersOfKey(new FormData(form));
    const found = Object.keys(headers).length === 0 ? "Type or paste the key" : headersProblem(headers);
    setProblem(found);
    if (found) return;
    form.reset();
    changing.mutate({ sessionId, headers });
  };
  return (
    <form noValidate onSubmit={submit} onChange={() => setProblem(null)} className="flex flex-col gap-3">
      <div>
        <KeyFields problem={problem} />
      </div>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" pending={changing.isPending}>
          Use this key
        </Button>
        {connection.headerNames.length > 0 && (
          <Button
            variant="quiet"
            pending={changing.isPending}
            onClick={() => changing.mutate({ sessionId, headers: {} })}
          >
            Forget the key
          </Button>
        )}
      </div>
      {changing.error && <ErrorNotice error={changing.error} />}
    </form>
  );
}
