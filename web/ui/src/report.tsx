// The offline report: one HTML file with its data in a JSON block, of a lap or
// of a run of benchmarks.
import { render } from "preact";
import { BenchReport } from "./bench/BenchReport";
import type { Bench } from "./data/bench";
import type { Lap } from "./data/lap";
import * as theme from "./data/theme";
import { Report } from "./ui/Report";

// start draws what the page carries, or says why it cannot.
function start(): void {
  theme.start();
  let root = document.getElementById("root");
  if (!root) {
    root = document.createElement("div");
    root.id = "root";
    document.body.append(root);
  }
  const bench = document.getElementById("bench");
  const data = bench ?? document.getElementById("lap");
  try {
    const value: unknown = JSON.parse(data?.textContent ?? "");
    render(bench ? <BenchReport bench={value as Bench} /> : <Report lap={value as Lap} />, root);
  } catch (error) {
    render(<p class="banner critical" role="alert">The data of this report cannot be read: {String(error)}</p>, root);
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
