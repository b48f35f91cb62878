// The work list: routes by their share of all server time. A row opens to
// what the route does with it.
import { useEffect, useState } from "preact/hooks";
import { list, type Finding, type Route } from "../data/lap";
import { causeName } from "../data/kinds";
import * as state from "../data/state";
import { percent, quantity, show } from "../data/units";
import { Figure } from "./Estimate";
import { Bar } from "./Parts";
import { RouteDetail } from "./RouteDetail";
import { Nothing, Section } from "./Section";

export function WorkList({ routes, findings }: { routes: Route[]; findings: Finding[] }) {
  const [open, setOpen] = useState<string[]>(() => state.getAll("route"));
  const most = Math.max(0.01, ...routes.map((r) => r.share?.point ?? 0));
  const toggle = (name: string): void => {
    setOpen((now) => (now.includes(name) ? now.filter((o) => o !== name) : [...now, name]));
  };
  useEffect(() => state.set("route", ...open), [open]);
  return (
    <Section id="work" title="Work list" intro="Routes by their share of all server time, rate times mean: the place to look first is on top.">
      {routes.length === 0 && <Nothing>No route was driven.</Nothing>}
      {routes.length > 0 && (
        <div class="work">
          <div class="work-head" aria-hidden="true">
            <span>Route</span><span>Share of server time</span><span class="number">Rate</span><span class="number">Mean</span><span class="number">p95</span><span>Leading cause</span>
          </div>
          <ol>
            {routes.map((route, i) => (
              <Row key={route.name} route={route} index={i} most={most} open={open.includes(route.name)} findings={findings} onToggle={() => toggle(route.name)} />
            ))}
          </ol>
        </div>
      )}
    </Section>
  );
}

interface RowProps { route: Route; index: number; most: number; open: boolean; findings: Finding[]; onToggle: () => void }

function Row({ route, index, most, open, findings, onToggle }: RowProps) {
  const id = `route-${index}`;
  return (
    <li class={open ? "route open" : "route"} id={id} data-route={route.name}>
      <button type="button" class="route-row" aria-expanded={open} aria-controls={id + "-detail"} onClick={onToggle}>
        <span class="route-name">
          <span class="chevron" aria-hidden="true" />
          <span>
            <b>{route.name}</b>
            {route.errors > 0 && <span class="tag bad">{percent(route.errors / Math.max(1, route.requests))} errors</span>}
            <span class="sub">{route.action || `${route.method} ${route.path}`}</span>
          </span>
        </span>
        <span class="cell share-cell">
          <ShareBar route={route} most={most} />
        </span>
        <span class="cell number"><span class="cell-label">Rate </span>{quantity(route.rate_per_s, "1/s")}</span>
        <span class="cell number"><span class="cell-label">Mean </span>{show(route.mean_s, "s").value}</span>
        <span class="cell number"><span class="cell-label">p95 </span><Figure of={route.latency.p95_s} unit="s" /></span>
        <span class="cell cause-cell">{route.cause ? <><span class="tag">{causeName(route.cause.kind)}</span></> : <span class="muted">nothing stands out</span>}</span>
      </button>
      {open && <div id={id + "-detail"}><RouteDetail route={route} id={"r" + index} findings={findings} /></div>}
    </li>
  );
}

// ShareBar is as long as the route's share, and coloured by where it goes.
function ShareBar({ route, most }: { route: Route; most: number }) {
  const share = route.share?.point ?? 0;
  const shown = show(route.share, "ratio");
  return (
    <span class="share" title={shown.how}>
      <span class="share-track"><span class="share-fill" style={{ width: `${(share / most) * 100}%` }}>
        {list(route.split).length > 0 ? <Bar slices={list(route.split)} thin /> : <span class="share-plain" />}
      </span></span>
      <span class="share-value">{shown.value} <span class="interval">{shown.interval}</span></span>
    </span>
  );
}
