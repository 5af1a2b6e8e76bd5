/** The meaning of a colour. Colour never carries it alone: there is always an icon and a text as well. */
export type Tone = "neutral" | "info" | "sign-in" | "success" | "warning" | "danger";

export const textIn: Readonly<Record<Tone, string>> = {
  neutral: "text-neutral",
  info: "text-info",
  "sign-in": "text-sign-in",
  success: "text-success",
  warning: "text-warning",
  danger: "text-danger",
};

export const softIn: Readonly<Record<Tone, string>> = {
  neutral: "bg-neutral-soft",
  info: "bg-info-soft",
  "sign-in": "bg-sign-in-soft",
  success: "bg-success-soft",
  warning: "bg-warning-soft",
  danger: "bg-danger-soft",
};
