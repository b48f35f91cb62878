import { list, type Against, type Comparison, type RouteComparison } from "../data/lap";
import { Forest, ForestAxis } from "../chart/Forest";
import { count, quantity, show, times } from "../data/units";
import { Section } from "./Section";
import { Verdict } from "./Verdict";

// ComparisonPart judges each route twice: its own work, and under load.
export function ComparisonPart({ against }: { against: Against }) {
  const refused = list(against.refused);
  const how = against.paired
    ? `Each version was booted ${count(against.boots)} times in balanced order, seed ${against.seed}; the boot is the unit.`
    : "Against a stored lap: counters are judged, times are shown with the noise between laps.";
  return (
    <Section id="comparison" title={`Comparison with ${against.against}`} intro={how + " Ratios are new over old: left of the line is less."}>
      {refused.length > 0 && (
        <div class="banner warning"><strong>These two do not compare.</strong><ul>{refused.map((text, i) => <li key={i}>{text}</li>)}</ul></div>
      )}
      {list(against.routes).map((route) => <RouteBlock key={route.route} of={route} />)}
    </Section>
  );
}

function RouteBlock({ of }: { of: RouteComparison }) {
  return (
    <div class="card compared-route">
      <div class="compared-head">
        <Verdict of={of.verdict} />
        <h3>{of.route}</h3>
        {of.text && <p>{of.text}</p>}
      </div>
      <div class="scroll">
        <table class="comparisons">
          <colgroup><col class="w-metric" /><col class="w-value" /><col class="w-value" /><col class="w-ratio" /><col class="w-verdict" /></colgroup>
          <thead><tr><th scope="col">Metric</th><th scope="col" class="number">Old</th><th scope="col" class="number">New</th><th scope="col" class="ratio"><ForestAxis /><span>Ratio</span></th><th scope="col">Verdict</th></tr></thead>
          <Rows title="Own work" rows={list(of.own)} />
          <Rows title="Under load" rows={list(of.load)} />
        </table>
      </div>
    </div>
  );
}

function Rows({ title, rows }: { title: string; rows: Comparison[] }) {
  if (rows.length === 0) return null;
  return (
    <tbody>
      <tr class="band"><th scope="rowgroup" colSpan={5}>{title}</th></tr>
      {rows.map((c, i) => (
        <tr key={i}>
          <th scope="row">{c.metric}</th>
          <td class="number old" title={show(c.old).how}>{quantity(c.old.point, c.old.unit)}</td>
          <td class="number new" title={show(c.new).how}>{quantity(c.new.point, c.new.unit)}</td>
          <td class="ratio"><Forest of={c} /><span>{times(c.ratio.point)} {c.ratio.reached_level > 0 && c.ratio.high > c.ratio.low && <span class="interval">[{times(c.ratio.low)}{"\u2013"}{times(c.ratio.high)}]</span>}</span></td>
          <td class="says" title={c.why}><Verdict of={c.verdict} />{c.pairs_needed > 0 && <span class="muted below">about {count(c.pairs_needed)} more pairs</span>}</td>
        </tr>
      ))}
    </tbody>
  );
}
