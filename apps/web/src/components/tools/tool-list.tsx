"use client";

import type { ToolInfo } from "@mcp-assistant/mcp-redis/shared";
import { Search } from "lucide-react";
import { useState } from "react";
import { Input } from "../ui/input";
import { ToolAnnotations, toolTitle } from "./tool-annotations";

/** The number of tools from which a filter is worth its space. */
const manyTools = 7;

interface ToolListProps {
  tools: readonly ToolInfo[];
  selected: string | undefined;
  onSelect: (name: string) => void;
}

export function ToolList({ tools, selected, onSelect }: ToolListProps) {
  const [filter, setFilter] = useState("");
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = tools.filter((tool) => {
    const text = `${tool.name} ${toolTitle(tool)} ${tool.description ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <nav aria-label="Tools">
      {tools.length >= manyTools && (
        <div className="relative mb-2">
          <Search aria-hidden="true" className="absolute top-3 left-3 size-4 text-muted" />
          <Input
            type="search"
            aria-label="Filter tools"
            placeholder="Filter"
            value={filter}
            onChange={({ target }) => setFilter(target.value)}
            className="pl-9"
          />
        </div>
      )}
      {shown.length === 0 && <p className="p-3 text-sm text-muted">No tool matches “{filter}”.</p>}
      <ul className="flex flex-col gap-1">
        {shown.map((tool) => (
          <li key={tool.name}>
            <a
              href={`?tool=${encodeURIComponent(tool.name)}`}
              aria-current={tool.name === selected ? "true" : undefined}
              onClick={(event) => {
                // Let the browser handle modified clicks and other buttons: they open another tab or window.
                if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
                event.preventDefault();
                onSelect(tool.name);
              }}
              className="flex flex-col gap-1 rounded-lg border border-transparent px-3 py-2.5 hover:bg-surface aria-[current]:border-border aria-[current]:bg-surface aria-[current]:shadow-card"
            >
              <span className="text-sm font-medium wrap-anywhere">{toolTitle(tool)}</span>
              {toolTitle(tool) !== tool.name && (
                <span className="font-mono text-xs text-muted wrap-anywhere">{tool.name}</span>
              )}
              {tool.description && (
                <span className="line-clamp-2 text-[0.8125rem] text-muted wrap-anywhere">{tool.description}</span>
              )}
              <ToolAnnotations annotations={tool.annotations} />
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
