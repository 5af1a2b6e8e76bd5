"use client";

import type { CompletionInput } from "@mcp-assistant/mcp-redis/shared";
import { CompletedField } from "./completed-field";

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
  return fields.map(({ name, title, description, required }) => {
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
  });
}

export const filledIn = (values: ReadonlyMap<string, string>): boolean => [...values.values()].some(Boolean);
