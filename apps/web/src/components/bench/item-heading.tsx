"use client";

import { type ReactNode, useState } from "react";
import { Button } from "../ui/button";

/** How long (characters) a description may be before only its beginning is shown. */
const manyCharacters = 600;

interface ItemHeadingProps {
  id: string;
  title: string;
  /** Its name for programs, if that is another one. */
  name: string;
  description: string | undefined;
  children?: ReactNode;
}

/** What a server says of one of its tools, resources or prompts. */
export function ItemHeading({ id, title, name, description, children }: ItemHeadingProps) {
  return (
    <>
      <h2 id={id} className="line-clamp-6 text-lg font-semibold tracking-tight wrap-anywhere">
        {title}
      </h2>
      {title !== name && <p className="line-clamp-6 font-mono text-xs text-muted wrap-anywhere">{name}</p>}
      {children}
      {description && <Description text={description} />}
    </>
  );
}

function Description({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  const isCut = !whole && text.length > manyCharacters;
  return (
    <div className="mt-2">
      <p className="text-sm whitespace-pre-line text-muted wrap-anywhere">
        {isCut ? `${text.slice(0, manyCharacters)}…` : text}
      </p>
      {isCut && (
        <Button variant="quiet" className="-ml-3" onClick={() => setWhole(true)}>
          Show the whole description
        </Button>
      )}
    </div>
  );
}
