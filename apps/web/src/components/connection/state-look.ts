import type { Connection, McpConnectionState } from "@mcp-assistant/mcp-redis/shared";
import {
  CircleCheck,
  KeyRound,
  LoaderCircle,
  type LucideIcon,
  OctagonAlert,
  Radar,
  RefreshCw,
  ScanSearch,
  ShieldCheck,
  Unplug,
} from "lucide-react";
import type { Tone } from "../ui/tone";

interface StateLook {
  text: string;
  Icon: LucideIcon;
  tone: Tone;
  spins?: true;
}

/** How each state is shown. */
export const stateLooks: Readonly<Record<McpConnectionState, StateLook>> = {
  DISCONNECTED: { text: "Disconnected", Icon: Unplug, tone: "neutral" },
  CONNECTING: { text: "Connecting", Icon: LoaderCircle, tone: "info", spins: true },
  AUTHENTICATING: { text: "Waiting for sign-in", Icon: KeyRound, tone: "sign-in" },
  AUTHENTICATED: { text: "Signed in", Icon: ShieldCheck, tone: "info" },
  DISCOVERING: { text: "Loading tools", Icon: Radar, tone: "info" },
  CONNECTED: { text: "Connected", Icon: CircleCheck, tone: "success" },
  VALIDATING: { text: "Checking session", Icon: ScanSearch, tone: "info" },
  RECONNECTING: { text: "Reconnecting", Icon: RefreshCw, tone: "warning", spins: true },
  FAILED: { text: "Failed", Icon: OctagonAlert, tone: "danger" },
};

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** `3 tools`; `1 tool`. */
export const toolsText = (count: number) => plural(count, "tool");

/** Whether a connected server offers another sign-in, because a call needed more than the current sign-in allows. */
export const wantsMore = ({ authUrl, state }: Pick<Connection, "authUrl" | "state">) =>
  state === "CONNECTED" && authUrl !== null;

/** A connection's state in words: `Connected · 3 tools`. */
export function stateText({ state, toolCount }: Pick<Connection, "state" | "toolCount">): string {
  const { text } = stateLooks[state];
  return state === "CONNECTED" && toolCount !== null ? `${text} · ${toolsText(toolCount)}` : text;
}
