import type { Maybe } from "../data/lap";
import { show } from "../data/units";

// Figure is an estimate in a line: "41 ms [38-44]". How it was made is its
// tooltip. unit replaces the estimate's own where that says less.
export function Figure({ of, unit }: { of: Maybe | undefined; unit?: string | undefined }) {
  const shown = show(of, unit);
  return (
    <span class={of ? "figure" : "figure unknown"} title={shown.how}>
      {shown.value}
      {shown.interval && <span class="interval"> {shown.interval}</span>}
    </span>
  );
}
