import { CircleAlert, CircleCheck, Info, KeyRound, type LucideIcon, OctagonAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { OperatorHint } from "./operator-hint";
import { softIn, type Tone, textIn } from "./tone";

const icons: Partial<Record<Tone, LucideIcon>> = {
  danger: OctagonAlert,
  warning: TriangleAlert,
  info: Info,
  "sign-in": KeyRound,
  success: CircleCheck,
};

interface NoticeProps {
  tone: Tone;
  title: ReactNode;
  /** What to do next. */
  hint?: ReactNode;
  /** What the people who run the app can do. */
  operatorHint?: string | undefined;
  /** Buttons and links for that. */
  children?: ReactNode;
}

/** A message about the part of the page that it is in. */
export function Notice({ tone, title, hint, operatorHint, children }: NoticeProps) {
  const Icon = icons[tone] ?? CircleAlert;
  return (
    <div data-tone={tone} className={`flex gap-2.5 rounded-lg px-3 py-2.5 text-sm ${softIn[tone]}`}>
      <Icon aria-hidden="true" className={`mt-0.5 size-4 shrink-0 ${textIn[tone]}`} />
      <div className="min-w-0 flex-1 wrap-anywhere">
        <p className={`font-medium ${tone === "neutral" ? "" : textIn[tone]}`}>{title}</p>
        {hint && <p className="mt-0.5 text-muted">{hint}</p>}
        {operatorHint && <OperatorHint text={operatorHint} />}
        {children && <div className="mt-2.5 flex flex-wrap gap-2">{children}</div>}
      </div>
    </div>
  );
}
