"use client";

import type { CompletionInput } from "@mcp-assistant/mcp-redis/shared";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useAnnounce } from "../announcements/announcer";
import { Input } from "../ui/input";
import { useProposals } from "./use-proposals";

interface CompletedFieldProps {
  sessionId: string;
  label: string;
  description?: string | undefined;
  /** Undefined: neither is known. */
  required?: boolean | undefined;
  value: string;
  onChange: (value: string) => void;
  /** What the server is asked for while the user types. */
  completion: CompletionInput;
}

/**
 * A text field with the server's proposals: an editable combobox with a list (WAI-ARIA, combobox pattern). It is a plain
 * field if the server has none.
 */
export function CompletedField(props: CompletedFieldProps) {
  const { sessionId, label, description, required, value, onChange, completion } = props;
  const id = useId();
  const announce = useAnnounce();
  const [wanted, setWanted] = useState(false);
  const [active, setActive] = useState(-1);
  const { proposals, isOffered } = useProposals(sessionId, completion, wanted);
  // A single proposal that is already typed proposes nothing.
  const shown = proposals.length === 1 && proposals[0] === value ? [] : proposals;
  const isOpen = wanted && shown.length > 0;
  const optionId = (index: number) => `${id}-option-${index}`;

  const count = isOpen ? shown.length : 0;
  useEffect(() => {
    if (count > 0) announce(`${count} ${count === 1 ? "suggestion" : "suggestions"} for ${label}`);
  }, [announce, count, label]);

  const close = () => {
    setWanted(false);
    setActive(-1);
  };
  const take = (proposal: string) => {
    onChange(proposal);
    close();
  };
  const move = (event: KeyboardEvent, by: number) => {
    event.preventDefault();
    setWanted(true);
    if (!isOpen) return;
    // One place more than there are proposals: the text itself.
    const places = shown.length + 1;
    setActive((before) => ((before + 1 + by + places) % places) - 1);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const chosen = isOpen ? shown[active] : undefined;
    if (event.key === "ArrowDown") move(event, 1);
    else if (event.key === "ArrowUp") move(event, -1);
    else if (event.key === "Escape" && wanted) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && chosen !== undefined) {
      event.preventDefault();
      take(chosen);
    }
  };

  const combobox = {
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": isOpen,
    "aria-controls": isOpen ? `${id}-list` : undefined,
    "aria-activedescendant": isOpen && active >= 0 ? optionId(active) : undefined,
  } as const;

  return (
    <div className="relative">
      <label htmlFor={id} className="text-sm font-medium wrap-anywhere">
        {label}
        {required !== undefined && (
          <span className="font-normal text-muted"> ({required ? "required" : "optional"})</span>
        )}
      </label>
      <Input
        id={id}
        value={value}
        required={required ?? false}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        {...(isOffered ? combobox : {})}
        aria-describedby={description ? `${id}-description` : undefined}
        onChange={({ target }) => {
          onChange(target.value);
          setWanted(true);
          setActive(-1);
        }}
        onClick={() => setWanted(true)}
        onBlur={close}
        onKeyDown={onKeyDown}
        className="mt-1.5"
      />
      {isOpen && (
        <Proposals id={`${id}-list`} label={label} shown={shown} active={active} optionId={optionId} onTake={take} />
      )}
      {description && (
        <p id={`${id}-description`} className="mt-1 line-clamp-3 text-[0.8125rem] text-muted wrap-anywhere">
          {description}
        </p>
      )}
    </div>
  );
}

interface ProposalsProps {
  id: string;
  label: string;
  shown: readonly string[];
  active: number;
  optionId: (index: number) => string;
  onTake: (proposal: string) => void;
}

function Proposals({ id, label, shown, active, optionId, onTake }: ProposalsProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  });
  return (
    <div
      ref={list}
      id={id}
      role="listbox"
      aria-label={`Suggestions for ${label}`}
      className="absolute z-10 mt-1 max-h-60 w-full overflow-y-auto rounded-lg border border-control bg-surface-raised p-1 shadow-xl"
    >
      {shown.map((proposal, index) => (
        // The keys are handled by the field, which keeps the focus.
        // biome-ignore lint/a11y/useKeyWithClickEvents: see above.
        // biome-ignore lint/a11y/useFocusableInteractive: see above.
        <div
          key={proposal}
          id={optionId(index)}
          role="option"
          aria-selected={index === active}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(proposal)}
          className="line-clamp-2 cursor-pointer rounded-md px-2 py-1.5 text-sm wrap-anywhere hover:bg-surface-sunken aria-selected:bg-info-soft aria-selected:text-info forced-colors:aria-selected:outline-2 forced-colors:aria-selected:-outline-offset-2"
        >
          {proposal}
        </div>
      ))}
    </div>
  );
}
