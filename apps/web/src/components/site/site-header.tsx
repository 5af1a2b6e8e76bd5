import Link from "next/link";
import { productName } from "../../product";
import { ProductMark } from "./product-mark";
import { SiteNav } from "./site-nav";
import { StreamIndicator } from "./stream-indicator";
import { ThemeToggle } from "./theme-toggle";

export function SiteHeader() {
  return (
    <header className="top-0 z-10 border-b bg-surface sm:sticky">
      <div className="mx-auto grid max-w-6xl grid-cols-[1fr_auto] items-center gap-x-2 gap-y-1.5 px-4 py-2.5 sm:flex sm:gap-x-6 sm:px-6">
        <Link href="/connections" className="flex min-h-9 items-center gap-2.5 rounded-md font-semibold tracking-tight">
          <ProductMark />
          {productName}
        </Link>
        {/* Two rows on a narrow screen: name and theme, then navigation and stream. */}
        <div className="order-1 sm:order-none">
          <SiteNav />
        </div>
        <div className="order-2 ml-auto sm:order-none">
          <StreamIndicator />
        </div>
        <ThemeToggle />
      </div>
    </header>
  );
}
