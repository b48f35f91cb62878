// The served pages: the list of runs, the report of one, and the history of
// benchmarks.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { BenchReport } from "./bench/BenchReport";
import type { Bench } from "./data/bench";
import type { History } from "./data/history";
import { list, type Lap, type Run } from "./data/lap";
import * as state from "./data/state";
import * as theme from "./data/theme";
import { HistoryPage } from "./history/HistoryPage";
import { Report } from "./ui/Report";
import { RunList } from "./ui/RunList";
import { RunPage } from "./ui/RunPage";

type Answer =
  | { is: "loading" } | { is: "error"; text: string }
  | { is: "runs"; runs: Run[] } | { is: "run"; run: Run }
  | { is: "lap"; lap: Lap } | { is: "bench"; bench: Bench } | { is: "history"; history: History };

function App() {
  const [path, setPath] = useState(state.path);
  const [answer, setAnswer] = useState<Answer>({ is: "loading" });
  useEffect(() => {
    const go = (): void => setPath(state.path());
    addEventListener("hashchange", go);
    return () => removeEventListener("hashchange", go);
  }, []);
  useEffect(() => {
    let current = true;
    setAnswer({ is: "loading" });
    load(path).then(
      (got) => { if (current) setAnswer(got); },
      (error) => { if (current) setAnswer({ is: "error", text: String(error instanceof Error ? error.message : error) }); },
    );
    return () => { current = false; };
  }, [path]);
  switch (answer.is) {
    case "loading": return <p class="nothing" role="status">Loading</p>;
    case "error": return <main><p class="banner critical" role="alert">{answer.text}</p><Home /></main>;
    case "runs": return <RunList runs={answer.runs} />;
    case "run": return <><Home /><RunPage run={answer.run} /></>;
    case "lap": return <><Home run={answer.lap.run.id} /><Report key={path} lap={answer.lap} /></>;
    case "bench": return <><Home run={answer.bench.run.id} history /><BenchReport key={path} bench={answer.bench} /></>;
    case "history": return <><Home /><HistoryPage history={answer.history} /></>;
  }
}

// Home leads back to the list, and to the run as one file.
function Home({ run, history = false }: { run?: string; history?: boolean }) {
  return (
    <nav class="home" aria-label="Pages">
      <a href="#/">All runs</a>
      {history && <a href="#/history">Benchmark history</a>}
      {run && <a href={`api/runs/${encodeURIComponent(run)}/report`} download>Save as one HTML file</a>}
    </nav>
  );
}

// load asks the server for what an address shows.
async function load(path: string): Promise<Answer> {
  const id = /^\/runs\/([^/]+)$/.exec(path)?.[1];
  if (id) return loadRun(`api/runs/${encodeURIComponent(decodeURIComponent(id))}`);
  if (path === "/history") {
    document.title = "Benchmark history \u2013 Pitwall";
    return { is: "history", history: await ask("api/history") as History };
  }
  document.title = "Runs \u2013 Pitwall";
  const got = await ask("api/runs") as { runs: Run[] | null };
  return { is: "runs", runs: list(got.runs) };
}

// loadRun takes whatever the run came to; one that still goes on, or failed,
// came to nothing yet.
async function loadRun(address: string): Promise<Answer> {
  const run = await ask(address) as Run;
  const holds = (part: string): boolean => list(run.parts).some((p) => p.name === part);
  document.title = `${run.app || "Run"} \u2013 Pitwall`;
  if (holds("bench.json")) return { is: "bench", bench: await ask(address + "/bench") as Bench };
  if (holds("lap.json")) return { is: "lap", lap: await ask(address + "/lap") as Lap };
  return { is: "run", run };
}

// ask fetches JSON; an error says what the server said.
async function ask(address: string): Promise<unknown> {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${(await answer.text()).slice(0, 500)}`);
  return answer.json();
}

theme.start();
render(<App />, document.getElementById("root")!);
