import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { softIn, textIn } from "../ui/tone";
import { stateLooks, stateText } from "./state-look";

interface StateBadgeProps {
  connection: Pick<Connection, "state" | "toolCount">;
  /** The event stream from the app is down, so this is the last known state. */
  stale?: boolean;
}

export function StateBadge({ connection, stale = false }: StateBadgeProps) {
  const { Icon, tone, spins } = stateLooks[connection.state];
  const outline = stale ? "border-dashed border-current" : `border-transparent ${softIn[tone]}`;
  return (
    <span
      data-state={connection.state}
      data-stale={stale || undefined}
      className={`inline-flex min-h-7 items-center gap-1.5 rounded-full border px-2.5 text-[0.8125rem] font-medium whitespace-nowrap tabular-nums ${textIn[tone]} ${outline}`}
    >
      <Icon
        aria-hidden="true"
        className={`size-3.5 ${spins && !stale ? "animate-spin motion-reduce:animate-none" : ""}`}
      />
      {stateText(connection)}
      {stale && <span className="font-normal">(last known)</span>}
    </span>
  );
}
