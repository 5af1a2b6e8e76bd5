import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../ui/button";

interface BenchProps {
  list: ReactNode;
  /** Whether one of the list is chosen. A narrow screen then shows that one alone. */
  isChosen: boolean;
  /** The text of the way back to the list, on a narrow screen. */
  back: string;
  onBack: () => void;
  children: ReactNode;
}

/** A list of what a server offers, and beside it the one that is chosen. */
export function Bench({ list, isChosen, back, onBack, children }: BenchProps) {
  return (
    <div className="grid gap-6 lg:grid-cols-[15rem_minmax(0,1fr)]">
      <div
        className={`-m-1 p-1 lg:sticky lg:top-20 lg:max-h-[calc(100dvh-6rem)] lg:self-start lg:overflow-y-auto ${isChosen ? "hidden lg:block" : ""}`}
      >
        {list}
      </div>
      <div className={`min-w-0 ${isChosen ? "" : "hidden lg:block"}`}>
        <div className="mb-3 lg:hidden">
          <Button variant="quiet" className="-ml-3" onClick={onBack}>
            <ArrowLeft aria-hidden="true" />
            {back}
          </Button>
        </div>
        {children}
      </div>
    </div>
  );
}
