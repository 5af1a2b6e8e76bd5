/** Says how many items of a server's list are not shown, because they are malformed. */
export function LeftOut({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <p className="px-3 text-[0.8125rem] text-muted">
      {count.toLocaleString("en")} more {count === 1 ? "item" : "items"} cannot be shown: the server describes{" "}
      {count === 1 ? "it" : "them"} incorrectly.
    </p>
  );
}
