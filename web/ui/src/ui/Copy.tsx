import { useState } from "preact/hooks";

// copy puts text on the clipboard; false when the browser refuses.
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// copyBySelection is for pages that are not a secure context.
function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "offscreen";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

// Copy is a button that copies and says so.
export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [said, say] = useState("");
  const press = async (): Promise<void> => {
    say((await copy(text)) ? "Copied" : "Not copied");
    setTimeout(() => say(""), 1500);
  };
  return (
    <button type="button" class="button small" onClick={press} aria-live="polite">
      {said || label}
    </button>
  );
}

// Command is a line to type, with its button.
export function Command({ line }: { line: string }) {
  return (
    <div class="command">
      <code>{line}</code>
      <Copy text={line} />
    </div>
  );
}
