// jump moves to a section without touching the address, which holds the
// page's state, and puts the keyboard there.
export function jump(id: string): void {
  const section = document.getElementById(id);
  if (!section) return;
  section.scrollIntoView();
  (section.querySelector("h2, summary, button") as HTMLElement | null)?.focus({ preventScroll: true });
}

// Contents is the way to each part of a report, by its id and name.
export function Contents({ parts }: { parts: [string, string][] }) {
  return (
    <nav class="contents" aria-label="Contents">
      {parts.map(([id, name]) => <button key={id} type="button" onClick={() => jump(id)}>{name}</button>)}
    </nav>
  );
}
