import type { ComponentChildren } from "preact";
import { armName, median, metricName, type Arm, type Benchmark } from "../data/bench";
import { list } from "../data/lap";
import { count, percent, seconds } from "../data/units";
import { say } from "./change";
import { Fold } from "./Fold";
import { Places } from "./Places";
import { WarmUp } from "./WarmUp";

// Details are what a verdict rests on: how it was measured, every process, and
// how each warmed up.
export function Details({ of, arms, id, open }: { of: Benchmark; arms: Arm[]; id: string; open: boolean }) {
  const units = list(of.units);
  return (
    <>
      <Fold id={id + "-how"} title="How it was measured" open={open}><Facts of={of} arms={arms} /></Fold>
      {units.length > 0 && <Fold id={id + "-places"} title={`Every process (${count(units.length)})`} open={open}><Places units={units} arms={arms} /></Fold>}
      {units.some((u) => list(u.blocks).length > 1) && <Fold id={id + "-warm-up"} title="Warm-up"><WarmUp units={units} arms={arms} id={id} /></Fold>}
    </>
  );
}

function Facts({ of, arms }: { of: Benchmark; arms: Arm[] }) {
  const overheads = list(of.units).map((u) => u.overhead_s).filter((s) => s >= 0);
  const notes = list(of.notes).filter((text) => of.because || !text.includes("because:")); // the card says that itself
  const dropped = new Set(list(of.units).filter((u) => u.discarded).map((u) => u.round)).size;
  return (
    <dl class="pairs bench-facts">
      <Fact name="Rounds">{count(of.rounds)} judged{dropped > 0 ? `, the times of ${count(dropped)} left out` : ""}. A round is one fresh process of each arm, in random order.</Fact>
      {list(of.changes).map((c, i) => c.stopped && <Fact key={"s" + i} name="Stopped">{c.stopped}</Fact>)}
      {list(of.changes).map((c, i) => c.confirmed && (
        <Fact key={"c" + i} name="Confirmation">
          {metricName(c.confirmed.metric)} on {count(c.confirmed.rounds)} fresh rounds: {say(c.confirmed.ratio).value} <span class="interval">{say(c.confirmed.ratio).interval}</span>. {c.confirmed.held ? "It held." : "It did not hold."}
        </Fact>
      ))}
      {list(of.changes).map((c, i) => list(c.comparisons).length > 0 && (
        <Fact key={"w" + i} name={list(of.changes).length > 1 ? `Why: ${armName(arms, c.arm)}` : "Why"}>
          <ul>{list(c.comparisons).map((m, j) => <li key={j}>{metricName(m.metric)}: {m.why}</li>)}</ul>
        </Fact>
      ))}
      <Warmth of={of} arms={arms} />
      <Garbage of={of} arms={arms} />
      {overheads.length > 0 && <Overhead kind={of.kind} took={median(overheads)} />}
      {notes.length > 0 && <Fact name="Notes"><ul>{notes.map((text, i) => <li key={i}>{text}</li>)}</ul></Fact>}
    </dl>
  );
}

// Overhead is what was measured beside the subject: of a command, the start of
// its process, which is part of its time.
function Overhead({ kind, took }: { kind: string; took: number }) {
  if (kind === "command") return <Fact name="Start">Starting a process takes {seconds(took)} here, which is part of the time.</Fact>;
  return <Fact name="Harness">{seconds(took)} a call, measured with an empty body</Fact>;
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function Warmth({ of, arms }: { of: Benchmark; arms: Arm[] }) {
  const rows = list(of.warm_up);
  if (rows.length === 0) return null;
  const classes = (of: Record<string, number> | null): string => Object.entries(of ?? {}).sort((a, b) => b[1] - a[1]).map(([name, n]) => `${count(n)} ${name}`).join(", ");
  return (
    <Fact name="Warm-up">
      <ul>{rows.map((w, i) => <li key={i}>{armName(arms, w.arm)}: {classes(w.classes) || "unknown"}{w.took_s > 0 ? `; steady after ${seconds(w.took_s)}` : w.took_s === 0 ? "; steady at once" : ""}</li>)}</ul>
    </Fact>
  );
}

// Garbage is what the collector took, by arm: of those of which anything is
// known.
function Garbage({ of, arms }: { of: Benchmark; arms: Arm[] }) {
  const rows = list(of.gc).filter((gc) => gc.time_ratio >= 0 || gc.minor >= 0 || gc.major >= 0);
  if (rows.length === 0) return null;
  const runs = (n: number, kind: string): string => (n >= 0 ? `, ${count(n)} ${kind}` : "");
  return (
    <Fact name="Garbage collection">
      <ul>
        {rows.map((gc, i) => (
          <li key={i}>{armName(arms, gc.arm)}: {gc.time_ratio >= 0 ? percent(gc.time_ratio) + " of CPU time" : "share unknown"}{runs(gc.minor, "minor")}{runs(gc.major, "major")}{gc.mode && gc.mode !== "natural" ? ` (${gc.mode})` : ""}</li>
        ))}
      </ul>
    </Fact>
  );
}
