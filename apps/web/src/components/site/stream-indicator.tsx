"use client";

import { type StreamStatus, useMcpStream } from "@mcp-assistant/mcp-redis/client";
import { LoaderCircle, type LucideIcon, Radio, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import { type Tone, textIn } from "../ui/tone";

const reconnecting = (
  <span>
    Reconnecting<span className="max-sm:sr-only"> to the app</span>…
  </span>
);

const looks: Readonly<Record<StreamStatus, { text: ReactNode; Icon: LucideIcon; tone: Tone }>> = {
  connecting: { text: "Connecting…", Icon: LoaderCircle, tone: "neutral" },
  live: { text: "Live", Icon: Radio, tone: "success" },
  reconnecting: { text: reconnecting, Icon: LoaderCircle, tone: "warning" },
  offline: { text: "Offline", Icon: WifiOff, tone: "danger" },
};

/** Whether the page receives events from the app. It says nothing about the servers. */
export function StreamIndicator() {
  const { status } = useMcpStream();
  const { text, Icon, tone } = looks[status];
  const spins = Icon === LoaderCircle;
  return (
    <p
      data-stream={status}
      title="Whether this page receives live updates from the app"
      className={`flex items-center gap-1.5 text-[0.8125rem] font-medium whitespace-nowrap ${textIn[tone]}`}
    >
      <Icon aria-hidden="true" className={`size-4 ${spins ? "animate-spin motion-reduce:animate-none" : ""}`} />
      {text}
    </p>
  );
}
