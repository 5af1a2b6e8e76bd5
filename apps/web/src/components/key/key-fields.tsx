import { CircleAlert } from "lucide-react";
import { useId } from "react";
import { Input } from "../ui/input";

/** The fields for a key and its header. `headersOfKey` reads them from the form. */
export function KeyFields({ problem }: { problem: string | null }) {
  const id = useId();
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        <div>
          <label htmlFor={`${id}-key`} className="text-sm font-medium">
            Key or token
          </label>
          <Input
            id={`${id}-key`}
            name="key"
            type="password"
            autoComplete="off"
            aria-invalid={problem !== null}
            aria-describedby={problem ? `${id}-problem` : `${id}-hint`}
            className="mt-1.5"
          />
        </div>
        <div>
          <label htmlFor={`${id}-header`} className="text-sm font-medium">
            Header <span className="font-normal text-muted">(optional)</span>
          </label>
          <Input
            id={`${id}-header`}
            name="header"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={64}
            placeholder="Authorization"
            className="mt-1.5 font-mono text-[0.8125rem]"
          />
        </div>
      </div>
      {problem ? (
        <p id={`${id}-problem`} className="mt-2 flex gap-2 text-sm font-medium text-danger wrap-anywhere">
          <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
          {problem}.
        </p>
      ) : (
        <p id={`${id}-hint`} className="mt-2 text-[0.8125rem] text-muted">
          Use this if the server needs an API key. The key is stored encrypted and never shown again. Leave the header
          empty to send it as a bearer token.
        </p>
      )}
    </>
  );
}
