import { list, type Capacity, type Lap } from "../data/lap";
import { Curve } from "../chart/Curve";
import { bytes, count } from "../data/units";
import { Figure } from "./Estimate";
import { Nothing, Section } from "./Section";

// CapacityPart is how many threads help, and what memory each process takes.
export function CapacityPart({ lap }: { lap: Lap }) {
  return (
    <Section id="capacity" title="Capacity and memory">
      {lap.capacity ? <Threads of={lap.capacity} /> : <Nothing>Capacity is unknown: the lap measured no time with and without the GVL.</Nothing>}
      <MemoryTable lap={lap} />
    </Section>
  );
}

function Threads({ of }: { of: Capacity }) {
  return (
    <div class="card capacity">
      <div>
        <h3>Throughput of one process by threads</h3>
        <Curve points={list(of.curve)} now={of.threads} enough={of.threads_95} />
      </div>
      <div>
        <dl class="pairs">
          <div><dt>Now</dt><dd>{count(of.workers)} {of.workers === 1 ? "worker" : "workers"} of {count(of.threads)} threads, {count(of.cores)} cores</dd></div>
          <div><dt>Holding the GVL</dt><dd><Figure of={of.gvl_s} unit="s" /> a request</dd></div>
          <div><dt>Released</dt><dd><Figure of={of.released_s} unit="s" /> a request</dd></div>
          <div><dt>Threads that help</dt><dd>{of.threads_95 > 0 ? `${of.threads_95} reach 95 % of a process's ceiling` : "unknown"}</dd></div>
          <div><dt>Processes needed</dt><dd>{of.needed ? <Figure of={of.needed} unit="1" /> : "unknown: pitwall.yml gives no arrival rate"}</dd></div>
        </dl>
        {list(of.text).map((text, i) => <p key={i}>{text}</p>)}
      </div>
    </div>
  );
}

function MemoryTable({ lap }: { lap: Lap }) {
  const memory = list(lap.memory);
  if (memory.length === 0) return <Nothing>Memory was not watched.</Nothing>;
  return (
    <div class="card scroll">
      <h3>Memory at the end</h3>
      <table>
        <thead><tr><th scope="col">Process</th><th scope="col" class="number">PID</th><th scope="col" class="number">RSS</th><th scope="col" class="number">PSS</th><th scope="col" class="number">Growth</th></tr></thead>
        <tbody>
          {memory.map((m, i) => (
            <tr key={i}>
              <th scope="row">{m.process}</th>
              <td class="number">{m.pid}</td>
              <td class="number">{bytes(m.rss_bytes)}</td>
              <td class="number">{bytes(m.pss_bytes)}</td>
              <td class="number">{m.growth_bytes_per_s ? <Figure of={m.growth_bytes_per_s} unit="bytes/s" /> : "too short to say"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
