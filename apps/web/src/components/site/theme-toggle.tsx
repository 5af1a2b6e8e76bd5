"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { ToggleGroup } from "radix-ui";
import { useSyncExternalStore } from "react";

const themes = [
  { value: "light", label: "Light", Icon: Sun },
  { value: "system", label: "System", Icon: Monitor },
  { value: "dark", label: "Dark", Icon: Moon },
] as const;

const never = () => () => {};

/** The choice is stored in the browser and unknown to the server, so the first render shows no theme as chosen. */
function useIsHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}

export function ThemeToggle() {
  const { theme, setTheme } = useTheme();
  const chosen = useIsHydrated() ? (theme ?? "system") : "";
  return (
    <ToggleGroup.Root
      type="single"
      aria-label="Colour theme"
      value={chosen}
      // Radix reports a second click on the chosen theme as an empty value. Ignore it: one theme is always chosen.
      onValueChange={(next) => next && setTheme(next)}
      className="flex gap-0.5 rounded-lg border bg-surface-sunken p-0.5"
    >
      {themes.map(({ value, label, Icon }) => (
        <ToggleGroup.Item
          key={value}
          value={value}
          aria-label={label}
          title={label}
          className="grid size-8 place-items-center rounded-md text-muted hover:text-text data-[state=on]:bg-surface-raised data-[state=on]:text-text data-[state=on]:shadow-card"
        >
          <Icon aria-hidden="true" className="size-4" />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
