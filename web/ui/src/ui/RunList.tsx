import type { Run } from "../data/lap";
import { between, moment } from "../data/units";
import { Nothing } from "./Section";
import { Status } from "./Status";
import { ThemeButton } from "./ThemeButton";
import { isVerdict, Verdict } from "./Verdict";

// RunList is the served start page: the runs of the store, the newest first.
export function RunList({ runs }: { runs: Run[] }) {
  const sorted = runs.slice().sort((a, b) => Date.parse(b.started) - Date.parse(a.started));
  return (
    <>
      <header class="head">
        <div>
          <p class="brand">Pitwall</p>
          <h1>Runs</h1>
          <p class="facts"><a href="#/history">Benchmark history</a></p>
        </div>
        <ThemeButton />
      </header>
      <main>
        {sorted.length === 0 && <Nothing>No run yet. Type <code>pitwall lap</code> in the folder of an app.</Nothing>}
        {sorted.length > 0 && (
          <div class="card scroll">
            <table class="runs">
              <thead><tr><th scope="col">Started</th><th scope="col">App</th><th scope="col">Command</th><th scope="col">Status</th><th scope="col" class="number">Took</th><th scope="col">Summary</th></tr></thead>
              <tbody>{sorted.map((run) => <Row key={run.id} run={run} />)}</tbody>
            </table>
          </div>
        )}
      </main>
    </>
  );
}

function Row({ run }: { run: Run }) {
  const going = run.status === "open";
  const verdict = run.labels?.verdict ?? "";
  return (
    <tr>
      <th scope="row"><a href={"#/runs/" + encodeURIComponent(run.id)}>{moment(run.started)}</a><span class="sub">{run.id}</span></th>
      <td>{run.app}</td>
      <td>{run.command}</td>
      <td><Status of={run.status} /></td>
      <td class="number">{going ? `${between(run.started, new Date().toISOString())} so far` : between(run.started, run.ended)}</td>
      <td>{isVerdict(verdict) && <><Verdict of={verdict} />{" "}</>}{run.summary}</td>
    </tr>
  );
}
