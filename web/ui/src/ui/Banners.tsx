import { list, type Lap } from "../data/lap";

// Banners say first what should make a reader careful.
export function Banners({ lap }: { lap: Lap }) {
  const critical = list(lap.findings).filter((f) => f.severity === "critical");
  const doubts = list(lap.doubts);
  return (
    <div class="banners">
      {lap.partial && <p class="banner critical" role="status"><strong>This lap is partial.</strong> {lap.partial}</p>}
      {critical.length > 0 && (
        <div class="banner critical" role="status">
          <strong>Mend first:</strong>
          <ul>{critical.map((f, i) => <li key={i}>{f.title}</li>)}</ul>
        </div>
      )}
      {doubts.length > 0 && (
        <details class="banner warning" open={doubts.length <= 2}>
          <summary><strong>{doubts.length === 1 ? "One doubt" : `${doubts.length} doubts`}</strong> about the figures below</summary>
          <ul>{doubts.map((text, i) => <li key={i}>{text}</li>)}</ul>
        </details>
      )}
    </div>
  );
}
