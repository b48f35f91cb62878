// The offline report: one HTML file with its data in a JSON block.
import { render } from "preact";
import type { Lap } from "./data/lap";
import * as theme from "./data/theme";
import { Report } from "./ui/Report";

// start draws the lap that the page carries, or says why it cannot.
function start(): void {
  theme.start();
  let root = document.getElementById("root");
  if (!root) {
    root = document.createElement("div");
    root.id = "root";
    document.body.append(root);
  }
  const data = document.getElementById("lap");
  try {
    const lap = JSON.parse(data?.textContent ?? "") as Lap;
    render(<Report lap={lap} />, root);
  } catch (error) {
    render(<p class="banner critical" role="alert">The data of this report cannot be read: {String(error)}</p>, root);
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
