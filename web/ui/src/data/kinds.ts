// The words and colours of the parts of time, of causes and of severities.

// part names, in the order in which they are stacked.
const parts: Record<string, string> = {
  queue: "Queue",
  cpu: "CPU (holds the GVL)",
  gc: "GC",
  gvl_wait: "GVL wait",
  sql: "SQL",
  io: "Other IO",
  lock: "Lock",
  sleep: "Sleep",
  idle: "Idle",
  other: "Other",
};

const order = Object.keys(parts);

// partName is what a part of time is called; an unknown one keeps its name.
export const partName = (name: string): string => parts[name] ?? name;

// partClass picks the colour; an unknown part is drawn like "other".
export const partClass = (name: string): string => "part-" + (name in parts ? name : "other").replace("_", "-");

// partOrder sorts parts of time the same way in every bar.
export function partOrder(a: string, b: string): number {
  const at = (name: string): number => (name in parts ? order.indexOf(name) : order.length);
  return at(a) - at(b);
}

const causes: Record<string, string> = {
  n_plus_one: "N+1 queries",
  table_scan: "Table scan",
  slow_sql: "Slow SQL",
  allocations: "Allocations",
  cpu: "CPU",
  io: "Waits for IO",
  gvl_wait: "GVL wait",
  queue: "Queueing",
  errors: "Errors",
};

export const causeName = (kind: string): string => causes[kind] ?? kind;

const severities = ["critical", "warning", "advice", "note"];

// severityClass is safe to use as a class whatever the JSON says.
export const severityClass = (s: string): string => (severities.includes(s) ? s : "note");
