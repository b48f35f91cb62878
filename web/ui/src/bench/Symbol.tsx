// Symbol is a process of an arm: shape and colour both tell which.
export function Symbol({ kind, x, y }: { kind: string; x: number; y: number }) {
  if (kind === "control") return <path class="symbol control" d={`M${x - 4} ${y - 4}L${x + 4} ${y + 4}M${x - 4} ${y + 4}L${x + 4} ${y - 4}`} />;
  if (kind === "old") return <circle class="symbol old" cx={x} cy={y} r={4} />;
  return <path class={"symbol " + kind} d={`M${x} ${y - 5.5}L${x + 5.5} ${y}L${x} ${y + 5.5}L${x - 5.5} ${y}Z`} />;
}
