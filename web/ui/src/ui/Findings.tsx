import { useState } from "preact/hooks";
import { list, type Finding } from "../data/lap";
import { severityClass } from "../data/kinds";
import { Command } from "./Copy";
import { Figure } from "./Estimate";
import { Nothing, Section } from "./Section";

const order = ["critical", "warning", "advice", "note"];
const marks: Record<string, string> = { critical: "\u25a0", warning: "\u25b2", advice: "\u25cf", note: "\u25cb" };

// Findings are all claims, the most severe first, with what they rest on.
export function Findings({ findings }: { findings: Finding[] }) {
  const [only, setOnly] = useState("");
  const count = (severity: string): number => findings.filter((f) => severityClass(f.severity) === severity).length;
  const shown = findings
    .filter((f) => only === "" || severityClass(f.severity) === only)
    .sort((a, b) => order.indexOf(severityClass(a.severity)) - order.indexOf(severityClass(b.severity)));
  return (
    <Section id="findings" title="Findings" intro="Preflight, safety and what the lap saw. Each has its evidence, its doubts and the next command.">
      {findings.length === 0 && <Nothing>No finding.</Nothing>}
      {findings.length > 0 && (
        <div class="filters" role="group" aria-label="Severity">
          <button type="button" class="button small" aria-pressed={only === ""} onClick={() => setOnly("")}>All {findings.length}</button>
          {order.filter(count).map((s) => (
            <button key={s} type="button" class="button small" aria-pressed={only === s} onClick={() => setOnly(s)}>{s} {count(s)}</button>
          ))}
        </div>
      )}
      {shown.map((f, i) => <Card key={f.id + f.subject + i} of={f} />)}
    </Section>
  );
}

function Card({ of }: { of: Finding }) {
  const severity = severityClass(of.severity);
  return (
    <details class={"finding " + severity} open={severity === "critical"}>
      <summary>
        <span class={"severity " + severity}><span aria-hidden="true">{marks[severity]}</span> {of.severity}</span>
        <span class="finding-title">{of.title}</span>
        <span class="finding-subject">{of.subject}</span>
      </summary>
      <div class="finding-body">
        {of.detail && <p>{of.detail}</p>}
        {of.estimate && <p>Estimate: <b><Figure of={of.estimate} /></b></p>}
        <Lines title="Evidence" lines={list(of.evidence).map((e) => [e.text, e.line && !e.text.includes(e.line) ? e.line : ""].filter(Boolean).join(" \u2013 "))} />
        <Lines title="Caveats" lines={list(of.caveats)} />
        {list(of.next).length > 0 && <h4>Next</h4>}
        {list(of.next).map((line, i) => <Command key={i} line={line} />)}
        <p class="finding-id">{of.id}</p>
      </div>
    </details>
  );
}

function Lines({ title, lines }: { title: string; lines: string[] }) {
  if (lines.length === 0) return null;
  return <><h4>{title}</h4><ul>{lines.map((text, i) => <li key={i}>{text}</li>)}</ul></>;
}
