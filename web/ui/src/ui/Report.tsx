// The report of a lap, top to bottom: what a manager reads, then what to do,
// then everything it rests on.
import { list, SCHEMA, type Lap } from "../data/lap";
import { Banners } from "./Banners";
import { CapacityPart } from "./CapacityPart";
import { ComparisonPart } from "./ComparisonPart";
import { Contents } from "./Contents";
import { Distributions } from "./Distributions";
import { Environment } from "./Environment";
import { Findings } from "./Findings";
import { Head } from "./Head";
import { Lost } from "./Lost";
import { Nothing, Section } from "./Section";
import { Parts } from "./Parts";
import { Summary } from "./Summary";
import { Timeline } from "./Timeline";
import { WorkList } from "./WorkList";
import { Flame } from "../flame/Flame";

export function Report({ lap }: { lap: Lap }) {
  if (lap.schema > SCHEMA) {
    return <p class="banner warning" role="alert">This report is of schema {lap.schema}; this page draws schema {SCHEMA}. Use the pitwall that wrote it.</p>;
  }
  return (
    <>
      <Head run={lap.run} app={lap.app} what="lap" />
      <Contents parts={contents(lap)} />
      <main>
        <Banners lap={lap} />
        <Summary lap={lap} />
        <WorkList routes={list(lap.routes)} findings={list(lap.findings)} />
        <Distributions lap={lap} />
        <Timeline lap={lap} />
        <Process lap={lap} />
        <CapacityPart lap={lap} />
        {lap.comparison && <ComparisonPart against={lap.comparison} />}
        <Findings findings={list(lap.findings)} />
        <Environment lap={lap} />
        <Lost lap={lap} />
      </main>
    </>
  );
}

function contents(lap: Lap): [string, string][] {
  return [
    ["summary", "Summary"], ["work", "Work list"], ["latency", "Latency"], ["time", "Over time"], ["process", "Process"],
    ["capacity", "Capacity"],
    ...(lap.comparison ? [["comparison", "Comparison"] as [string, string]] : []),
    ["findings", `Findings (${list(lap.findings).length})`], ["environment", "Environment"], ["lost", "Lost and doubtful"],
  ];
}

// Process is where the time of all threads went, and their stacks.
function Process({ lap }: { lap: Lap }) {
  return (
    <Section id="process" title="The whole process" intro="Stacks of all threads of all workers, sampled from outside in the watched windows. Width is time.">
      {list(lap.states).length > 0 && (
        <div class="card">
          <h3>Thread time by state</h3>
          <Parts slices={list(lap.states)} label="Thread time by state" />
        </div>
      )}
      {lap.flame && lap.flame.nodes.length > 1
        ? <div class="card"><Flame tree={lap.flame} top={list(lap.top)} id="all" name="Flame graph of the whole process" /></div>
        : <Nothing>No stacks were sampled. What was lost below says why.</Nothing>}
    </Section>
  );
}
