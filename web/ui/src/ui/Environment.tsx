import { entries, list, type Lap } from "../data/lap";
import { bytes, count, moment, seconds } from "../data/units";
import { Section } from "./Section";

type Pairs = [string, string][];

// Environment is what the figures depend on.
export function Environment({ lap }: { lap: Lap }) {
  const { run, setup } = lap;
  const m = run.machine;
  const machine: Pairs = [
    ["CPU", m.cpu], ["Cores", m.cores > 0 ? count(m.cores) : ""], ["Memory", m.memory_bytes > 0 ? bytes(m.memory_bytes) : ""],
    ["System", m.os], ["Kernel", m.kernel], ["Architecture", m.arch], ["Container", m.container || "none seen"], ["Host", m.hostname], ["Fingerprint", m.fingerprint],
  ];
  const lapPairs: Pairs = [
    ["Run", run.id], ["Command", ["pitwall", run.command, ...list(run.args)].join(" ")], ["Started", moment(run.started)], ["Ended", moment(run.ended)],
    ["Status", run.status], ["Revision", run.revision], ["Ruby", run.ruby], ["Seed", String(run.seed)], ["Settings", run.settings_digest], ["Pitwall", run.pitwall],
  ];
  return (
    <Section id="environment" title="Environment" intro="What the figures depend on. Runs compare only where app, machine and settings are the same.">
      <div class="environment">
        <Table title="This lap" pairs={lapPairs} />
        <Table title="Machine" pairs={machine} />
        <Table title="App" pairs={entries(setup?.facts)} keys />
        <Table title="Gems" pairs={entries(run.gems)} keys />
        <Table title="Environment variables" pairs={entries(run.env)} keys />
        <Table title="Time to ready" pairs={list(lap.boot).map((s) => [s.name, seconds(s.ready_ns / 1e9)])} />
        <Table title="Talks to" pairs={list(setup?.hosts).map((h) => [h.purpose, `${h.address} \u2013 ${h.local ? "local" : h.allowed ? "allowed" : "not allowed"}`])} />
        <Table title="Rows, estimated" pairs={entries(setup?.rows).sort((a, b) => b[1] - a[1]).map(([table, n]) => [table, count(n)])} keys />
      </div>
    </Section>
  );
}

function Table({ title, pairs, keys = false }: { title: string; pairs: Pairs; keys?: boolean }) {
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
