import type { Statement } from "../data/lap";
import { count, digits, seconds } from "../data/units";

// Statements are a route's SQL by fingerprint and line, the dearest first.
export function Statements({ statements }: { statements: Statement[] }) {
  const sorted = statements.slice().sort((a, b) => b.total_s - a.total_s);
  return (
    <div class="scroll">
      <table class="sql">
        <thead>
          <tr>
            <th scope="col">Statement</th>
            <th scope="col" class="number">Count</th>
            <th scope="col" class="number">Each</th>
            <th scope="col" class="number">A request</th>
            <th scope="col" class="number">Rows</th>
          </tr>
        </thead>
        <tbody>{sorted.map((s, i) => <Row key={i} of={s} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ of }: { of: Statement }) {
  return (
    <tr>
      <td>
        <code class="sql-text">{of.sql}</code>
        {of.line && <span class="sql-line">{of.line}</span>}
        {of.plan && <span class={/^(parallel )?seq scan/i.test(of.plan) ? "sql-plan scan" : "sql-plan"}>{of.plan}</span>}
      </td>
      <td class="number">{digits(of.count)}{of.cached > 0 && <span class="muted below">{digits(of.cached)} cached</span>}</td>
      <td class="number">{seconds(of.mean_s)}</td>
      <td class="number"><b>{seconds(of.total_s)}</b></td>
      <td class="number">{of.rows < 0 ? "unknown" : count(of.rows)}</td>
    </tr>
  );
}
