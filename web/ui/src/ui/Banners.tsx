import { list, type Lap } from "../data/lap";

// Banners say first what should make a reader careful.
export function Banners({ lap }: { lap: Lap }) {
  const critical = list(lap.findings).filter((f) => f.severity === "critical");
  return (
    <div class="banners">
      {lap.partial && <p class="banner critical" role="status"><strong>This lap is partial.</strong> {lap.partial}</p>}
      {critical.length > 0 && (
        <div class="banner critical" role="status">
          <strong>Mend first:</strong>
          <ul>{critical.map((f, i) => <li key={i}>{f.title}</li>)}</ul>
        </div>
      )}
      <Doubts texts={list(lap.doubts)} />
    </div>
  );
}

// Doubts are what makes figures less sure than they look.
export function Doubts({ texts }: { texts: string[] }) {
  if (texts.length === 0) return null;
  return (
    <details class="banner warning" open={texts.length <= 2}>
      <summary><strong>{texts.length === 1 ? "One doubt" : `${texts.length} doubts`}</strong> about the figures below</summary>
      <ul>{texts.map((text, i) => <li key={i}>{text}</li>)}</ul>
    </details>
  );
}
