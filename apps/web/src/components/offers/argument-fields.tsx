"use client";

import type { CompletionInput } from "@mcp-assistant/mcp-redis/shared";
import { CompletedField } from "./completed-field";

/** How many fields are drawn: a form must not make the page stand still. */
const maxFields = 100;

interface ArgumentField {
  name: string;
  title?: string | undefined;
  description?: string | undefined;
  required?: boolean | undefined;
}

interface ArgumentFieldsProps {
  sessionId: string;
  /** Whose arguments they are. */
  reference: CompletionInput["ref"];
  fields: readonly ArgumentField[];
  values: ReadonlyMap<string, string>;
  onChange: (values: ReadonlyMap<string, string>) => void;
}

/** A field for each argument of a prompt, or variable of a template. The server hears the others when it proposes. */
export function ArgumentFields({ sessionId, reference, fields, values, onChange }: ArgumentFieldsProps) {
  const leftOut = fields.length - maxFields;
  return (
    <>
      {fields.slice(0, maxFields).map(({ name, title, description, required }) => {
        const value = values.get(name) ?? "";
        const others = Object.fromEntries([...values].filter(([other, text]) => other !== name && text !== ""));
        return (
          <CompletedField
            key={name}
            sessionId={sessionId}
            label={title ?? name}
            description={description}
            required={required}
            value={value}
            onChange={(next) => onChange(new Map(values).set(name, next))}
            completion={{ ref: reference, argument: { name, value }, context: { arguments: others } }}
          />
        );
      })}
      {leftOut > 0 && (
        <p className="text-[0.8125rem] text-muted">
          {leftOut.toLocaleString("en")} more {leftOut === 1 ? "field is" : "fields are"} not shown: there are too many.
        </p>
      )}
    </>
  );
}

export const filledIn = (values: ReadonlyMap<string, string>): boolean => [...values.values()].some(Boolean);
