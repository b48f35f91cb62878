import { armName, compares, marginOf, margins, repeated, type Arm, type Bench } from "../data/bench";
import { entries, list } from "../data/lap";
import { count, percent } from "../data/units";
import { machinePairs, PairsTable, runPairs } from "../ui/Environment";
import { Section } from "../ui/Section";

const roles: Record<string, string> = { old: "old: compared against", new: "new: what is judged" };

// Setup is what was compared, how, and on what.
export function Setup({ bench }: { bench: Bench }) {
  const { run } = bench;
  const arms = list(bench.arms);
  const design: [string, string][] = [
    ["Seed of the order", String(bench.seed)], ["Margin", marginOf(bench) > 0 ? "\u00b1" + percent(marginOf(bench)) + (margins(bench).length > 0 ? ", where a row has no other" : "") : ""],
  ];
  if (list(bench.benchmarks).some((b) => b.kind !== "command")) design.push(["Garbage collection", bench.gc]);
  return (
    <Section id="setup" title="Setup" intro="What the figures depend on. Stored runs compare only where app, machine and settings are the same.">
      {arms.length > 0 && (
        <div class="card scroll">
          <h3>Versions</h3>
          <table class="arms">
            <thead><tr><th scope="col">Version</th><th scope="col">Role</th><th scope="col">Revision</th><th scope="col">Ruby</th><th scope="col">Sets</th></tr></thead>
            <tbody>
              {arms.map((arm, i) => (
                <tr key={i}>
                  <th scope="row">{armName(arms, i)}</th>
                  <td>{roleOf(arm, compares(arms))}</td>
                  <td>{arm.revision ? <code title={arm.revision}>{short(arm.revision)}</code> : <span class="muted">outside git</span>}</td>
                  <td class={arm.ruby ? "" : "unknown"}>{arm.ruby || "unknown"}</td>
                  <td>{entries(arm.env).map(([key, value]) => <code key={key} class="setting">{key}={value}</code>)}{entries(arm.env).length === 0 && <span class="muted">nothing</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div class="environment">
        <PairsTable title="This run" pairs={runPairs(run)} />
        <PairsTable title="Design" pairs={[...design, ["Benchmarks", count(list(bench.benchmarks).length)]]} />
        <PairsTable title="Machine" pairs={machinePairs(run.machine)} />
        <PairsTable title="Gems" pairs={entries(run.gems)} keys />
        <PairsTable title="Environment variables" pairs={entries(run.env)} keys />
      </div>
    </Section>
  );
}

function roleOf(arm: Arm, compared: boolean): string {
  if (arm.role === "control") return `${repeated(arm)} again, to show the noise`;
  if (!compared) return "measured";
  return Object.hasOwn(roles, arm.role) ? roles[arm.role]! : arm.role;
}

// short is a revision that still says when files had changed.
function short(revision: string): string {
  const dirty = revision.endsWith("+dirty");
  return revision.replace(/\+dirty$/, "").slice(0, 12) + (dirty ? "+dirty" : "");
}
