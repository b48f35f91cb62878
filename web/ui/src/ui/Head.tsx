import type { Lap } from "../data/lap";
import { between, moment } from "../data/units";
import { ThemeButton } from "./ThemeButton";

// Head says what was run, when and on what.
export function Head({ lap }: { lap: Lap }) {
  const { run } = lap;
  const facts = [
    moment(run.started),
    between(run.started, run.ended),
    run.ruby && "Ruby " + run.ruby,
    run.revision && "revision " + run.revision.slice(0, 12),
    run.machine.cores > 0 && `${run.machine.cores} cores`,
  ].filter(Boolean);
  return (
    <header class="head">
      <div>
        <p class="brand">Pitwall lap</p>
        <h1>{lap.app || run.app || "Unnamed app"}</h1>
        <p class="facts">{facts.join(" \u00b7 ")}</p>
      </div>
      <ThemeButton />
    </header>
  );
}
