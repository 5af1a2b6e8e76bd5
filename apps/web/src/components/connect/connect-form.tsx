"use client";

import { type ErrorInfo, type ServerUrlProblem, serverUrlProblem } from "@mcp-assistant/mcp-redis/shared";
import { CircleAlert } from "lucide-react";
import { type SubmitEvent, useRef, useState } from "react";
import { useConnectingTo } from "../connection/connecting";
import { type Headers, headersOfKey, headersProblem } from "../key/headers-of-key";
import { KeyFields } from "../key/key-fields";
import { Button } from "../ui/button";
import { Disclosure } from "../ui/disclosure";
import { ErrorNotice } from "../ui/error-notice";
import { Input } from "../ui/input";
import { OperatorHint } from "../ui/operator-hint";

/** The id of the address field, for links to it. */
export const addressFieldId = "server-address";

const problemId = "server-address-problem";

/** Whether a different address could help. With any other error, such as a limit, the address may be correct. */
const isAboutAddress = ({ code }: ErrorInfo) => code === "SERVER_URL_INVALID" || code === "SERVER_URL_FORBIDDEN";

type AddressProblem = ServerUrlProblem & Pick<ErrorInfo, "operatorHint">;

export function ConnectForm() {
  const form = useRef<HTMLFormElement>(null);
  const address = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<AddressProblem | null>(null);
  const [keyProblem, setKeyProblem] = useState<string | null>(null);

  const refuse = (found: AddressProblem) => {
    setProblem(found);
    address.current?.focus();
  };
  // The user may have typed another address in the meantime. Leave that one alone.
  const isStillThere = (serverUrl: string) => address.current?.value.trim() === serverUrl;
  const connecting = useConnectingTo({
    isAnnounced: (error, { serverUrl }) => isStillThere(serverUrl) && !isAboutAddress(error),
  });
  const forgetError = () => {
    if (!connecting.isPending) connecting.reset();
  };
  const connect = (serverUrl: string, serverName: string, headers: Headers) => {
    const hasKey = Object.keys(headers).length > 0;
    const input = { serverUrl, ...(serverName ? { serverName } : {}), ...(hasKey ? { headers } : {}) };
    connecting.mutate(input, {
      // Even a server that could not be reached has a card by now, which says why.
      onSuccess: () => isStillThere(serverUrl) && form.current?.reset(),
      onError: (error) => {
        if (isStillThere(serverUrl) && !isAboutAddress(error)) return;
        connecting.reset();
        if (isStillThere(serverUrl)) refuse(error);
      },
    });
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (connecting.isPending) return;
    connecting.reset();
    const data = new FormData(event.currentTarget);
    const serverUrl = String(data.get("serverUrl")).trim();
    const found = serverUrlProblem(serverUrl);
    if (found) return refuse(found);
    setProblem(null);
    const headers = headersOfKey(data);
    const wrong = headersProblem(headers);
    setKeyProblem(wrong);
    if (!wrong) connect(serverUrl, String(data.get("serverName")).trim(), headers);
  };

  return (
    <form ref={form} noValidate onSubmit={submit} className="rounded-card border bg-surface p-4 shadow-card sm:p-5">
      <div className="grid gap-3 sm:grid-cols-[minmax(0,1fr)_11rem_auto] sm:items-end">
        <div>
          <label htmlFor={addressFieldId} className="text-sm font-medium">
            Server address
          </label>
          <Input
            ref={address}
            id={addressFieldId}
            name="serverUrl"
            inputMode="url"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={2048}
            placeholder="https://mcp.example.com/mcp"
            aria-required="true"
            aria-invalid={problem !== null}
            aria-describedby={problem ? problemId : undefined}
            onChange={() => {
              setProblem(null);
              forgetError();
            }}
            className="mt-1.5 font-mono text-[0.8125rem]"
          />
        </div>
        <div>
          <label htmlFor="server-name" className="text-sm font-medium">
            Name <span className="font-normal text-muted">(optional)</span>
          </label>
          <Input id="server-name" name="serverName" autoComplete="off" maxLength={128} className="mt-1.5" />
        </div>
        <Button type="submit" variant="primary" pending={connecting.isPending} className="min-h-10 px-5">
          Connect
        </Button>
      </div>
      {problem && (
        <p id={problemId} className="mt-3 flex gap-2 text-sm wrap-anywhere">
          <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-danger" />
          <span>
            <span className="font-medium text-danger">{problem.message}.</span>{" "}
            <span className="text-muted">{problem.hint}</span>
          </span>
        </p>
      )}
      {problem?.operatorHint && <OperatorHint text={problem.operatorHint} />}
      {connecting.error && (
        <div className="mt-3">
          <ErrorNotice error={connecting.error} />
        </div>
      )}
      {/* Hide the problem as soon as the key is edited. */}
      <div className="mt-3" onChange={() => setKeyProblem(null)}>
        <Disclosure title="Use an API key">
          <KeyFields problem={keyProblem} />
        </Disclosure>
      </div>
    </form>
  );
}
