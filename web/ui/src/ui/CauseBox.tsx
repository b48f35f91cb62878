import { list, type Cause, type Finding } from "../data/lap";
import { causeName } from "../data/kinds";
import { Command } from "./Copy";
import { Figure } from "./Estimate";

// CauseBox is the one leading cause: what it costs and what to type next. The
// evidence and the command come from the finding that it rests on.
export function CauseBox({ cause, route, findings }: { cause: Cause; route: string; findings: Finding[] }) {
  const finding = findings.find((f) => f.id === cause.finding && f.subject === route);
  return (
    <div class="cause">
      <p class="cause-title"><span class="tag">{causeName(cause.kind)}</span><b>{cause.title}</b></p>
      <p class="cause-gain">
        Without it: <b><Figure of={cause.regained_s} unit="s" /></b> less a request, <b><Figure of={cause.regained_share} unit="ratio" /></b> of all server time back.
      </p>
      {finding && (
        <>
          <ul class="evidence">{list(finding.evidence).map((e, i) => <li key={i}>{e.text}{e.line && !e.text.includes(e.line) && <code> {e.line}</code>}</li>)}</ul>
          {list(finding.next).map((line, i) => <Command key={i} line={line} />)}
        </>
      )}
    </div>
  );
}
