/** The chosen theme and the way to the next one. */
import { useState } from "react";

import { applyTheme, nextTheme, storedTheme, type Theme } from "./theme";

export function useThemeToggle(): [Theme, () => void] {
  const [theme, setTheme] = useState(storedTheme);
  return [
    theme,
    () => {
      const next = nextTheme(theme);
      applyTheme(next);
      setTheme(next);
    },
  ];
}
