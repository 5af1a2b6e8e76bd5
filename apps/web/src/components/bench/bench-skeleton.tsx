/** A placeholder while the items of a list load. `label`: what they are, such as `tools`. */
export function BenchSkeleton({ label }: { label: string }) {
  return (
    <div aria-busy="true">
      <p className="sr-only">Loading the {label}…</p>
      <div
        aria-hidden="true"
        className="grid animate-pulse gap-6 motion-reduce:animate-none lg:grid-cols-[15rem_minmax(0,1fr)]"
      >
        <div className="flex flex-col gap-2">
          {["a", "b", "c"].map((key) => (
            <div key={key} className="h-16 rounded-lg bg-surface" />
          ))}
        </div>
        <div className="hidden h-64 rounded-card bg-surface lg:block" />
      </div>
    </div>
  );
}
