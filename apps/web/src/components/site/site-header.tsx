import Link from "next/link";
import { productName } from "../product";
import { ProductMark } from "./product-mark";
import { ThemeToggle } from "./theme-toggle";

export function SiteHeader() {
  return (
    <header className="sticky top-0 z-10 border-b bg-surface">
      <div className="mx-auto flex h-14 max-w-5xl items-center justify-between px-4 sm:px-6">
        <Link href="/connections" className="flex items-center gap-2.5 rounded-md font-semibold tracking-tight">
          <ProductMark />
          {productName}
        </Link>
        <ThemeToggle />
      </div>
    </header>
  );
}
