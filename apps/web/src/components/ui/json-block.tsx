"use client";

import { useState } from "react";
import { Button } from "./button";
import { CodeBlock } from "./code-block";

/** How much of a text (characters) is shown at first. A browser takes seconds to lay out megabytes of text. */
const shownAtFirst = 50_000;

/** A value as indented JSON. */
export function JsonBlock({ value, label }: { value: unknown; label: string }) {
  return <LongText text={JSON.stringify(value, null, 2) ?? "undefined"} label={label} />;
}

export function LongText({ text, label }: { text: string; label: string }) {
  const [whole, setWhole] = useState(false);
  if (whole || text.length <= shownAtFirst) return <CodeBlock text={text} label={label} />;
  return (
    <div className="flex flex-col items-start gap-2">
      <CodeBlock text={`${text.slice(0, shownAtFirst)}…`} label={label} />
      <Button onClick={() => setWhole(true)}>Show all {text.length.toLocaleString("en")} characters</Button>
    </div>
  );
}
