"use client";

import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";

/** Content that the user can open. It is only rendered while open. */
export function Disclosure({ title, children }: { title: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="text-sm" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary className="-ml-1 inline-flex min-h-8 cursor-pointer items-center gap-1 rounded-md pr-2 font-medium text-muted hover:text-text">
        <ChevronRight aria-hidden="true" className={`size-4 ${open ? "rotate-90" : ""}`} />
        {title}
      </summary>
      {open && <div className="mt-2">{children}</div>}
    </details>
  );
}
