// Light or dark: what the system says, until the reader chooses.

export type Theme = "auto" | "light" | "dark";

const KEY = "pitwall-theme";

export function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "auto";
  } catch {
    return "auto"; // storage is closed to some local files
  }
}

// apply sets the theme for the page and remembers it.
export function apply(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "auto") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // not remembered
  }
  listeners.forEach((tell) => tell());
}

const listeners = new Set<() => void>();

// onChange calls tell whenever the colours change, by choice or by the system.
export function onChange(tell: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  listeners.add(tell);
  system.addEventListener("change", tell);
  return () => {
    listeners.delete(tell);
    system.removeEventListener("change", tell);
  };
}

// colour reads a custom property of the style sheet, for canvases.
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

export const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
