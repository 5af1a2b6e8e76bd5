import { CircleAlert } from "lucide-react";
import { type KeyboardEventHandler, type Ref, useId } from "react";

interface ArgumentsEditorProps {
  text: string;
  /** What is wrong with the text. The text itself stays as typed. */
  problem: string | null;
  onChange: (text: string) => void;
  onKeyDown: KeyboardEventHandler;
  ref: Ref<HTMLTextAreaElement>;
}

export function ArgumentsEditor({ text, problem, onChange, onKeyDown, ref }: ArgumentsEditorProps) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="text-sm font-medium">
        Arguments <span className="font-normal text-muted">(JSON)</span>
      </label>
      <textarea
        ref={ref}
        id={id}
        value={text}
        onChange={({ target }) => onChange(target.value)}
        onKeyDown={onKeyDown}
        rows={Math.min(16, Math.max(6, text.split("\n").length + 1))}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        aria-invalid={problem !== null}
        aria-describedby={problem ? `${id}-problem` : undefined}
        className="mt-1.5 block w-full resize-y rounded-lg border border-control bg-surface px-3 py-2.5 font-mono text-[0.8125rem] leading-relaxed wrap-anywhere aria-invalid:border-danger"
      />
      {problem && (
        <p id={`${id}-problem`} className="mt-2 flex gap-2 text-sm font-medium text-danger wrap-anywhere">
          <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
          {problem}
        </p>
      )}
    </div>
  );
}
