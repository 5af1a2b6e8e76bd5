"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

const places = [
  { href: "/connections", label: "Connections" },
  { href: "/events", label: "Events" },
];

export function SiteNav() {
  const pathname = usePathname();
  return (
    <nav aria-label="Main" className="flex gap-1">
      {places.map(({ href, label }) => (
        <Link
          key={href}
          href={href}
          aria-current={pathname === href ? "page" : pathname.startsWith(`${href}/`) ? "true" : undefined}
          className="flex min-h-9 items-center rounded-lg px-2 text-sm sm:px-3 font-medium text-muted hover:bg-surface-sunken hover:text-text aria-[current]:bg-surface-sunken aria-[current]:text-text"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
