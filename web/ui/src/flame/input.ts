// The keyboard of a flame graph: what a key means, apart from what it does.
import { at, type Model } from "./model";
import type { View } from "./view";

export type Command =
  | { do: "select"; node: number }
  | { do: "fit"; node: number }
  | { do: "zoom"; by: number }
  | { do: "pan"; by: number }
  | { do: "reset" | "search" | "copy" | "collapse" | "gems" };

// command reads a key press; null leaves it to the browser.
export function command(key: string, model: Model, view: View, selected: number): Command | null {
  const node = selected < 0 ? 0 : selected;
  switch (key) {
    case "ArrowUp": return { do: "select", node: Math.max(0, model.parent[node]!) };
    case "ArrowDown": return { do: "select", node: below(model, view, node) };
    case "ArrowLeft": return { do: "select", node: beside(model, node, -1) };
    case "ArrowRight": return { do: "select", node: beside(model, node, 1) };
    case "Enter": return { do: "fit", node };
    case "Escape": case "0": return { do: "reset" };
    case "+": case "=": case "w": case "W": return { do: "zoom", by: 0.7 };
    case "-": case "_": case "s": case "S": return { do: "zoom", by: 1 / 0.7 };
    case "a": case "A": return { do: "pan", by: -0.2 };
    case "d": case "D": return { do: "pan", by: 0.2 };
    case "/": return { do: "search" };
    case "c": return { do: "copy" };
    case "r": return { do: "collapse" };
    case "g": return { do: "gems" };
    default: return null;
  }
}

// below is the child under the middle of what is seen of a node, else its
// heaviest child, else the node itself.
function below(model: Model, view: View, node: number): number {
  const from = Math.max(view.from, model.start[node]!);
  const to = Math.min(view.to, model.start[node]! + model.total[node]!);
  const child = at(model, model.depth[node]! + 1, (from + to) / 2);
  if (child >= 0 && model.parent[child] === node) return child;
  return model.first[node]! >= 0 ? model.first[node]! : node;
}

// beside is the neighbour in the same row, under whatever parent.
function beside(model: Model, node: number, step: number): number {
  const row = model.rows[model.depth[node]!]!;
  let low = 0;
  let high = row.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (model.start[row[middle]!]! < model.start[node]!) low = middle + 1;
    else high = middle;
  }
  let i = low;
  while (i < row.length - 1 && row[i] !== node) i++; // nodes without width share an edge
  return row[Math.max(0, Math.min(row.length - 1, i + step))]!;
}
