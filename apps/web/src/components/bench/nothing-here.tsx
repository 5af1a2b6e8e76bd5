import type { LucideIcon } from "lucide-react";

interface NothingHereProps {
  Icon: LucideIcon;
  title: string;
  children: string;
}

/** In place of a list that is empty or not known. */
export function NothingHere({ Icon, title, children }: NothingHereProps) {
  return (
    <div className="flex flex-col items-center gap-2 rounded-card border border-dashed px-6 py-12 text-center">
      <Icon aria-hidden="true" className="size-6 text-muted" />
      <h2 className="mt-1 text-lg font-semibold tracking-tight">{title}</h2>
      <p className="max-w-sm text-sm text-muted">{children}</p>
    </div>
  );
}
