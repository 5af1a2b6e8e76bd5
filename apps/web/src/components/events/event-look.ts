import type { McpConnectionEvent } from "@mcp-assistant/mcp-redis/shared";
import {
  FileClock,
  History,
  KeyRound,
  ListChecks,
  Loader,
  type LucideIcon,
  OctagonAlert,
  Trash2,
  Unplug,
} from "lucide-react";
import { stateLooks } from "../connection/state-look";
import type { Tone } from "../ui/tone";

const looks: Readonly<Record<Exclude<McpConnectionEvent["type"], "state_changed">, { Icon: LucideIcon; tone: Tone }>> =
  {
    tools_discovered: { Icon: ListChecks, tone: "neutral" },
    auth_required: { Icon: KeyRound, tone: "sign-in" },
    error: { Icon: OctagonAlert, tone: "danger" },
    disconnected: { Icon: Unplug, tone: "neutral" },
    progress: { Icon: Loader, tone: "neutral" },
    resources_changed: { Icon: ListChecks, tone: "neutral" },
    prompts_changed: { Icon: ListChecks, tone: "neutral" },
    resource_updated: { Icon: FileClock, tone: "neutral" },
    session_removed: { Icon: Trash2, tone: "neutral" },
    reset: { Icon: History, tone: "neutral" },
  };

export function eventLook(event: McpConnectionEvent): { Icon: LucideIcon; tone: Tone } {
  return event.type === "state_changed" ? stateLooks[event.state] : looks[event.type];
}
