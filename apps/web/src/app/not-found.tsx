import Link from "next/link";
import { buttonLook } from "../components/ui/button";

export default function NotFound() {
  return (
    <div className="flex flex-col items-start gap-4">
      <h1 className="text-2xl font-semibold tracking-tight">Page not found</h1>
      <p className="text-muted">There is nothing at this address.</p>
      <Link href="/connections" className={buttonLook("primary")}>
        Go to your connections
      </Link>
    </div>
  );
}
