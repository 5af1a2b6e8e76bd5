"use client";

import { Search } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "../ui/button";
import { Input } from "../ui/input";
import { isPlainClick } from "../ui/plain-click";

/** The number of items from which a filter is worth its space. */
export const manyItems = 7;

/** How many items are shown at first: some servers list thousands. */
const shownAtFirst = 200;

export interface ListedItem {
  /** Names the item in its list, and in the page's address. */
  key: string;
  href: string;
  title: string;
  /** Its name for programs, if that is another one. */
  name?: string | undefined;
  description?: string | undefined;
  /** More words to find it by. */
  words?: string | undefined;
  more?: ReactNode;
}

interface ItemListProps {
  /** What the items are, such as `Tools`. */
  label: string;
  items: readonly ListedItem[];
  selected: string | undefined;
  onSelect: (key: string) => void;
}

/** Links to items, with a filter if there are many. */
export function ItemList({ label, items, selected, onSelect }: ItemListProps) {
  const [filter, setFilter] = useState("");
  const [whole, setWhole] = useState(false);
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = items.filter(({ title, name = "", description = "", words: more = "" }) => {
    const text = `${title} ${name} ${description} ${more}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const shown = whole ? found : found.slice(0, shownAtFirst);
  return (
    <nav aria-label={label}>
      {items.length >= manyItems && (
        <div className="relative mb-2">
          <Search aria-hidden="true" className="absolute top-3 left-3 size-4 text-muted" />
          <Input
            type="search"
            aria-label={`Filter ${label.toLowerCase()}`}
            placeholder="Filter"
            value={filter}
            onChange={({ target }) => setFilter(target.value)}
            className="pl-9"
          />
        </div>
      )}
      {found.length === 0 && <p className="p-3 text-sm text-muted wrap-anywhere">Nothing here matches “{filter}”.</p>}
      <ul className="flex flex-col gap-1">
        {shown.map((item) => (
          <li key={item.key}>
            <ItemLink item={item} isSelected={item.key === selected} onSelect={onSelect} />
          </li>
        ))}
      </ul>
      {shown.length < found.length && (
        <Button className="mt-2 w-full" onClick={() => setWhole(true)}>
          Show all {found.length.toLocaleString("en")}
        </Button>
      )}
    </nav>
  );
}

interface ItemLinkProps extends Pick<ItemListProps, "onSelect"> {
  item: ListedItem;
  isSelected: boolean;
}

function ItemLink({ item: { key, href, title, name, description, more }, isSelected, onSelect }: ItemLinkProps) {
  return (
    <a
      href={href}
      aria-current={isSelected ? "true" : undefined}
      onClick={(event) => {
        if (!isPlainClick(event)) return;
        event.preventDefault();
        onSelect(key);
      }}
      className="flex flex-col gap-1 rounded-lg border border-transparent px-3 py-2.5 hover:bg-surface aria-[current]:border-border aria-[current]:bg-surface aria-[current]:shadow-card"
    >
      <span className="line-clamp-3 text-sm font-medium wrap-anywhere">{title}</span>
      {name !== undefined && name !== title && (
        <span className="line-clamp-3 font-mono text-xs text-muted wrap-anywhere">{name}</span>
      )}
      {description && <span className="line-clamp-2 text-[0.8125rem] text-muted wrap-anywhere">{description}</span>}
      {more}
    </a>
  );
}
