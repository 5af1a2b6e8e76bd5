import type { MouseEvent } from "react";

/** Whether a click on a link stays in this tab. Browsers handle the others: they open another tab or window. */
export const isPlainClick = ({ button, metaKey, ctrlKey, shiftKey, altKey }: MouseEvent): boolean =>
  button === 0 && !metaKey && !ctrlKey && !shiftKey && !altKey;
