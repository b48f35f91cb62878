// The served pages: the list of runs, and the report of one.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Lap, Run } from "./data/lap";
import * as state from "./data/state";
import * as theme from "./data/theme";
import { Report } from "./ui/Report";
import { RunList } from "./ui/RunList";

type Answer = { is: "loading" } | { is: "runs"; runs: Run[] } | { is: "lap"; lap: Lap } | { is: "error"; text: string };

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
    case "lap": return <><Home run={answer.lap.run.id} /><Report key={path} lap={answer.lap} /></>;
  }
}

// Home leads back to the list, and to the run as one file.
function Home({ run }: { run?: string }) {
  return (
    <nav class="home" aria-label="Pages">
      <a href="#/">All runs</a>
      {run && <a href={`api/runs/${encodeURIComponent(run)}/report`} download>Save as one HTML file</a>}
    </nav>
  );
}

// load asks the server for what an address shows.
async function load(path: string): Promise<Answer> {
  const run = /^\/runs\/([^/]+)$/.exec(path);
  if (!run) {
    document.title = "Runs \u2013 Pitwall";
    const got = await ask("api/runs") as Run[] | { runs: Run[] | null } | null;
    return { is: "runs", runs: Array.isArray(got) ? got : got?.runs ?? [] };
  }
  const lap = await ask(`api/runs/${encodeURIComponent(decodeURIComponent(run[1]!))}/lap`) as Lap;
  document.title = `${lap.app || "Lap"} \u2013 Pitwall`;
  return { is: "lap", lap };
}

// ask fetches JSON; an error says what the server said.
async function ask(address: string): Promise<unknown> {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${(await answer.text()).slice(0, 500)}`);
  return answer.json();
}

theme.start();
render(<App />, document.getElementById("root")!);
