// The JSON of history.Report (analyze/history), as it is written by Go.
import type { Estimate } from "./lap";

export interface Point { time: string; revision: string; run: string; value: Estimate; line: number }
export interface ChangePoint {
  at: number; // index of the first point with the new level
  last_before: string;
  first_after: string;
  time: string;
  ratio: Estimate;
  p: number;
  verdict: string;
  counted: boolean;
  points_since: number;
  text: string;
}
export interface Series {
  file: string;
  benchmark: string;
  metric: string;
  unit: string;
  machine: string;
  cpu: string;
  ruby: string;
  points: Point[] | null;
  change_points: ChangePoint[] | null;
  begins: string; // why it began, when another series came before it
  text: string;
  notes: string[] | null;
}
export interface History {
  schema: number;
  path: string; // of the record; empty when the server knows none
  series: Series[] | null;
  bad_lines: { line: number; why: string }[] | null; // the first of them
  bad: number; // lines that cannot be used
  lines: number;
  notes: string[] | null;
}

// SCHEMA is the newest version of the JSON that this page can draw.
export const SCHEMA = 1;
