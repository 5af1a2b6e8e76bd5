import { Plug } from "lucide-react";
import type { Metadata } from "next";

export const metadata: Metadata = { title: "Connections" };

export default function ConnectionsPage() {
  return (
    <>
      <h1 className="text-2xl font-semibold tracking-tight">Connections</h1>
      <p className="mt-1 text-muted">The MCP servers you are connected to, and the state each one is in.</p>
      <section className="mt-8 flex flex-col items-center gap-3 rounded-card border bg-surface px-6 py-14 text-center shadow-card">
        <span className="rounded-full bg-info-soft p-3 text-info">
          <Plug aria-hidden="true" className="size-6" />
        </span>
        <h2 className="text-lg font-medium">No connections yet</h2>
        <p className="max-w-md text-muted">Nothing is connected in this browser.</p>
      </section>
    </>
  );
}
