import { percent, quantity } from "../data/units";
import { label, where, type Model } from "./model";

// Tooltip says what a box is, beside the pointer and inside the window.
export function Tooltip({ model, node, x, y }: { model: Model; node: number; x: number; y: number }) {
  const all = model.total[0] || 1;
  const frame = model.frame[node]! >= 0 ? model.frames[model.frame[node]!]! : null;
  const right = x > window.innerWidth / 2;
  const style = {
    left: right ? "auto" : `${x + 14}px`,
    right: right ? `${window.innerWidth - x + 14}px` : "auto",
    top: `${Math.min(y + 16, window.innerHeight - 110)}px`,
  };
  return (
    <div class="flame-tip" style={style} role="presentation">
      <strong>{label(model, node)}</strong>
      {frame && where(frame) && <div class="muted">{where(frame)}</div>}
      <div>total {percent(model.total[node]! / all)} <span class="muted">{quantity(model.total[node]!, "ns")}</span></div>
      <div>self {percent(model.self[node]! / all)} <span class="muted">{quantity(model.self[node]!, "ns")}</span></div>
    </div>
  );
}
