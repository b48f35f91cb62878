import { list, type Lap } from "../data/lap";

// jump moves to a section without touching the address, which holds the
// page's state, and puts the keyboard there.
export function jump(id: string): void {
  const section = document.getElementById(id);
  if (!section) return;
  section.scrollIntoView();
  (section.querySelector("h2, summary, button") as HTMLElement | null)?.focus({ preventScroll: true });
}

// Contents is the way to each part of the report.
export function Contents({ lap }: { lap: Lap }) {
  const parts: [string, string][] = [
    ["summary", "Summary"], ["work", "Work list"], ["latency", "Latency"], ["time", "Over time"], ["process", "Process"],
    ["capacity", "Capacity"],
    ...(lap.comparison ? [["comparison", "Comparison"] as [string, string]] : []),
    ["findings", `Findings (${list(lap.findings).length})`], ["environment", "Environment"], ["lost", "Lost and doubtful"],
  ];
  return (
    <nav class="contents" aria-label="Contents">
      {parts.map(([id, name]) => <button key={id} type="button" onClick={() => jump(id)}>{name}</button>)}
    </nav>
  );
}
