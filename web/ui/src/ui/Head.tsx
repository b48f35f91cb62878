import type { Run } from "../data/lap";
import { between, moment } from "../data/units";
import { ThemeButton } from "./ThemeButton";

// Head says what was run, when and on what.
export function Head({ run, app, what }: { run: Run; app: string; what: string }) {
  const facts = [
    moment(run.started),
    run.status !== "open" && between(run.started, run.ended),
    run.ruby && (/^\d/.test(run.ruby) ? "Ruby " + run.ruby : run.ruby),
    run.revision && "revision " + run.revision.slice(0, 12),
    run.machine.cores > 0 && `${run.machine.cores} cores`,
  ].filter(Boolean);
  return (
    <header class="head">
      <div>
        <p class="brand">Pitwall {what}</p>
        <h1>{app || run.app || "Unnamed app"}</h1>
        <p class="facts">{facts.join(" \u00b7 ")}</p>
      </div>
      <ThemeButton />
    </header>
  );
}
