import { list, type Lap } from "../data/lap";
import { Figure } from "./Estimate";
import { Nothing, Section } from "./Section";

// Lost is what is missing, what is doubtful, and what the measuring cost.
export function Lost({ lap }: { lap: Lap }) {
  const lost = [...list(lap.lost), ...list(lap.run.dropped)];
  return (
    <Section id="lost" title="Lost and doubtful">
      <div class="environment">
        <div class="card">
          <h3>Lost</h3>
          {lost.length === 0 ? <Nothing>Nothing that Pitwall knows of.</Nothing> : <ul>{lost.map((text, i) => <li key={i}>{text}</li>)}</ul>}
        </div>
        <div class="card">
          <h3>Doubtful</h3>
          {list(lap.doubts).length === 0 ? <Nothing>No doubt was raised.</Nothing> : <ul>{list(lap.doubts).map((text, i) => <li key={i}>{text}</li>)}</ul>}
        </div>
        <div class="card">
          <h3>What the measuring cost</h3>
          {list(lap.overhead).length === 0 && <Nothing>Unknown: there were no watched windows to compare with bare ones.</Nothing>}
          <table class="pairs-table"><tbody>
            {list(lap.overhead).map((o, i) => (
              <tr key={i}><th scope="row">{o.name}</th><td><Figure of={o.value} />{o.text && <span class="sub">{o.text}</span>}</td></tr>
            ))}
          </tbody></table>
        </div>
      </div>
    </Section>
  );
}
