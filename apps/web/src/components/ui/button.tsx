import { LoaderCircle } from "lucide-react";
import type { ComponentProps } from "react";

type Variant = "primary" | "soft" | "secondary" | "quiet" | "danger";

const base =
  "inline-flex min-h-9 items-center justify-center gap-1.5 rounded-lg px-3 text-sm font-medium whitespace-nowrap transition-colors aria-disabled:cursor-default aria-disabled:opacity-60 [&_svg]:size-4 [&_svg]:shrink-0";

const variants: Readonly<Record<Variant, string>> = {
  primary: "bg-accent text-on-accent not-aria-disabled:hover:bg-accent-hover",
  soft: "bg-info-soft text-info not-aria-disabled:hover:bg-info-soft-hover",
  secondary: "border border-control bg-surface not-aria-disabled:hover:bg-surface-sunken",
  quiet: "text-muted not-aria-disabled:hover:bg-surface-sunken not-aria-disabled:hover:text-text",
  danger: "bg-danger-fill text-on-danger not-aria-disabled:hover:bg-danger-fill-hover",
};

/** The look of a button, for links that look like one. */
export const buttonLook = (variant: Variant = "secondary", more = "") => `${base} ${variants[variant]} ${more}`;

interface ButtonProps extends Omit<ComponentProps<"button">, "disabled"> {
  variant?: Variant;
  /** The action is in progress: the button stays in place and keeps the focus, but does nothing. */
  pending?: boolean;
  /** The action is not possible right now. The text beside the button says why. */
  unavailable?: boolean;
}

export function Button({
  variant = "secondary",
  pending = false,
  unavailable = false,
  onClick,
  className,
  children,
  type = "button",
  ...rest
}: ButtonProps) {
  const isOff = pending || unavailable;
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={isOff || undefined}
      // The second click of a double click was meant for the button that was here at the first click.
      onClick={(event) => (isOff || event.detail > 1 ? event.preventDefault() : onClick?.(event))}
      className={buttonLook(variant, className)}
    >
      {pending && <LoaderCircle aria-hidden="true" className="animate-spin motion-reduce:animate-none" />}
      {children}
    </button>
  );
}
