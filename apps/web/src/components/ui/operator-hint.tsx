import { withVariable } from "../../operator-hint";
import { Disclosure } from "./disclosure";

/** What the people who run the app can do about an error. Closed, because most readers are not among them. */
export function OperatorHint({ text }: { text: string }) {
  return (
    <Disclosure title="Details for the app's operator">
      <p className="text-muted wrap-anywhere">{withVariable(text)}</p>
    </Disclosure>
  );
}
