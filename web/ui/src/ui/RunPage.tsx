import { list, type Run } from "../data/lap";
import { Command } from "./Copy";
import { machinePairs, PairsTable, runPairs } from "./Environment";
import { Head } from "./Head";
import { Section } from "./Section";

// RunPage is a run that has no result: it still goes on, or ended before it
// had one.
export function RunPage({ run }: { run: Run }) {
  const going = run.status === "open";
  return (
    <>
      <Head run={run} app={run.app} what={run.command || "run"} />
      <main>
        <div class="banners">
          <p class={going ? "banner" : "banner warning"} role="status">
            <strong>{going ? "This run is still going on." : "This run has no result."}</strong>{" "}
            {going ? "Its result appears here when it ends: reload then." : run.summary}
          </p>
        </div>
        {!going && run.command === "lap" && <div><p>What it had stored when it ended may still be judged:</p><Command line={`pitwall report ${run.id}`} /></div>}
        <Section id="environment" title="What is known of it">
          {list(run.dropped).length > 0 && <ul class="gaps">{list(run.dropped).map((text, i) => <li key={i}>{text}</li>)}</ul>}
          <div class="environment">
            <PairsTable title="This run" pairs={runPairs(run)} />
            <PairsTable title="Machine" pairs={machinePairs(run.machine)} />
          </div>
        </Section>
      </main>
    </>
  );
}
