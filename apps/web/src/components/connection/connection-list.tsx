import { Plug } from "lucide-react";

/** A placeholder while the connections load. */
export function ConnectionSkeletons() {
  return (
    <div aria-busy="true">
      <p className="sr-only">Loading your connections…</p>
      <div aria-hidden="true" className="flex flex-col gap-3">
        {["a", "b", "c"].map((key) => (
          <div key={key} className="rounded-card border bg-surface p-4 shadow-card sm:p-5">
            <div className="flex animate-pulse items-center gap-3 motion-reduce:animate-none">
              <div className="size-10 rounded-lg bg-surface-sunken" />
              <div className="flex flex-1 flex-col gap-2">
                <div className="h-3.5 w-32 rounded bg-surface-sunken" />
                <div className="h-3 w-48 max-w-full rounded bg-surface-sunken" />
              </div>
              <div className="h-7 w-28 rounded-full bg-surface-sunken" />
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}

/** Shows where to start when there are no connections yet. */
export function NoConnections({ addressId, demoServersId }: { addressId: string; demoServersId: string | undefined }) {
  const link = "font-medium text-accent underline underline-offset-2 hover:text-accent-hover";
  return (
    <div className="flex flex-col items-center gap-2 rounded-card border border-dashed px-6 py-12 text-center">
      <Plug aria-hidden="true" className="size-6 text-muted" />
      <h3 className="mt-1 text-lg font-semibold tracking-tight">Connect your first server</h3>
      <p className="max-w-sm text-sm text-muted">
        Paste the address of an MCP server into{" "}
        <a href={`#${addressId}`} className={link}>
          the field above
        </a>
        {demoServersId === undefined ? (
          "."
        ) : (
          <>
            , or start with one of the{" "}
            <a href={`#${demoServersId}`} className={link}>
              demo servers
            </a>
            , which need no account.
          </>
        )}
      </p>
    </div>
  );
}
