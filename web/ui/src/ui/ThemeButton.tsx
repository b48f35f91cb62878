import { useState } from "preact/hooks";
import { apply, stored, type Theme } from "../data/theme";

const next: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const names: Record<Theme, string> = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" };

// ThemeButton goes round system, light and dark.
export function ThemeButton() {
  const [theme, setTheme] = useState(stored);
  const press = (): void => {
    apply(next[theme]);
    setTheme(next[theme]);
  };
  return <button type="button" class="button theme" onClick={press}>{names[theme]}</button>;
}
