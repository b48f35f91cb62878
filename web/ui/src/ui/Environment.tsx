import { entries, list, type Lap, type Machine, type Run } from "../data/lap";
import { bytes, count, moment, seconds } from "../data/units";
import { Section } from "./Section";
import { statusName } from "./Status";

type Pairs = [string, string][];

// Environment is what the figures depend on.
export function Environment({ lap }: { lap: Lap }) {
  const { run, setup } = lap;
  return (
    <Section id="environment" title="Environment" intro="What the figures depend on. Runs compare only where app, machine and settings are the same.">
      <div class="environment">
        <PairsTable title="This lap" pairs={runPairs(run)} />
        <PairsTable title="Machine" pairs={machinePairs(run.machine)} />
        <PairsTable title="App" pairs={entries(setup?.facts)} keys />
        <PairsTable title="Gems" pairs={entries(run.gems)} keys />
        <PairsTable title="Environment variables" pairs={entries(run.env)} keys />
        <PairsTable title="Time to ready" pairs={list(lap.boot).map((s) => [s.name, seconds(s.ready_ns / 1e9)])} />
        <PairsTable title="Talks to" pairs={list(setup?.hosts).map((h) => [h.purpose, `${h.address} \u2013 ${h.local ? "local" : h.allowed ? "allowed" : "not allowed"}`])} />
        <PairsTable title="Rows, estimated" pairs={entries(setup?.rows).sort((a, b) => b[1] - a[1]).map(([table, n]) => [table, count(n)])} keys />
      </div>
    </Section>
  );
}

// runPairs are the facts of a run.
export function runPairs(run: Run): Pairs {
  return [
    ["Run", run.id], ["Command", commandOf(run)], ["Started", moment(run.started)], ["Ended", run.status === "open" ? "not yet" : moment(run.ended)],
    ["Status", statusName(run.status)], ["Revision", run.revision], ["Ruby", run.ruby], ["Seed", String(run.seed)], ["Settings", run.settings_digest], ["Pitwall", run.pitwall],
  ];
}

// commandOf is what was typed; the arguments of older runs lack the command.
function commandOf(run: Run): string {
  const args = list(run.args);
  return ["pitwall", ...(args.includes(run.command) ? [] : [run.command]), ...args].join(" ");
}

// machinePairs are the facts of a machine.
export function machinePairs(m: Machine): Pairs {
  return [
    ["CPU", m.cpu], ["Cores", m.cores > 0 ? count(m.cores) : ""], ["Memory", m.memory_bytes > 0 ? bytes(m.memory_bytes) : ""],
    ["System", m.os], ["Kernel", m.kernel], ["Architecture", m.arch], ["Container", m.container || "none seen"], ["Host", m.hostname], ["Fingerprint", m.fingerprint],
  ];
}

// PairsTable is names and values; an empty value is unknown.
export function PairsTable({ title, pairs, keys = false }: { title: string; pairs: Pairs; keys?: boolean }) {
  if (pairs.length === 0) return null;
  return (
    <div class="card">
      <h3>{title}</h3>
      <table class="pairs-table">
        <tbody>
          {pairs.map(([key, value], i) => (
            <tr key={i}><th scope="row">{keys ? <code>{key}</code> : key}</th><td class={value ? "" : "unknown"}>{value || "unknown"}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
