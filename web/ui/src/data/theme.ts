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
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // not remembered
  }
  show(theme);
}

// start sets the theme when the page opens, and follows the system while the
// reader has not chosen. Paper is light.
export function start(): void {
  const again = (): void => show(stored());
  again();
  system().addEventListener("change", again);
  paper().addEventListener("change", again);
}

const system = (): MediaQueryList => matchMedia("(prefers-color-scheme: dark)");
const paper = (): MediaQueryList => matchMedia("print");

// show resolves the theme into the one attribute that the style sheet reads.
function show(theme: Theme): void {
  const dark = !paper().matches && (theme === "dark" || (theme === "auto" && system().matches));
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  listeners.forEach((tell) => tell());
}

const listeners = new Set<() => void>();

// onChange calls tell whenever the colours change; the answer ends that.
export function onChange(tell: () => void): () => void {
  listeners.add(tell);
  return () => void listeners.delete(tell);
}

// colour reads a custom property of the style sheet, for canvases.
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

export const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
