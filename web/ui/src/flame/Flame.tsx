// A flame graph with its tools: search, transforms, breadcrumb, and the table
// that says the same without a picture.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TopFrame, Tree } from "../data/lap";
import * as state from "../data/state";
import { percent } from "../data/units";
import { copy } from "../ui/Copy";
import { Canvas } from "./Canvas";
import { Crumbs } from "./Crumbs";
import type { Command } from "./input";
import { build, label, type Model } from "./model";
import { search } from "./search";
import { FrameTable } from "./FrameTable";
import { onto, pan, whole, zoom, type View } from "./view";

interface Props {
  tree: Tree;
  top: TopFrame[];
  id: string; // of the address: "all", "r0"
  name: string;
}

export function Flame({ tree, top, id, name }: Props) {
  const ownCode = useMemo(() => mostlyApp(tree), [tree]);
  const [hideGems, setHideGems] = useState(() => (state.get("gems." + id) || (ownCode ? "hide" : "show")) === "hide");
  const [collapse, setCollapse] = useState(() => state.get("rec." + id) === "1");
  const [query, setQuery] = useState(() => state.get("q." + id));
  const [said, say] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const model = useMemo(() => build(tree, { hideGems, collapse }), [tree, hideGems, collapse]);
  const plain = useMemo(() => build(tree, { hideGems: false, collapse: false }), [tree]);
  const found = useMemo(() => search(model, query), [model, query]);
  const [focus, setFocus] = useFocus(model, id);

  useEffect(() => state.set("q." + id, query), [query]);
  useEffect(() => state.set("gems." + id, hideGems === ownCode ? "" : hideGems ? "hide" : "show"), [hideGems]);
  useEffect(() => state.set("rec." + id, collapse ? "1" : ""), [collapse]);

  const setView = (view: View): void => setFocus({ ...focus, view });
  const obey = async (command: Command): Promise<void> => {
    switch (command.do) {
      case "select": return setFocus({ ...focus, selected: command.node });
      case "fit": return setFocus({ selected: command.node, zoomed: command.node, view: onto(model, command.node) });
      case "zoom": return setView(zoom(model, focus.view, centre(model, focus.view, focus.selected), command.by));
      case "pan": return setView(pan(model, focus.view, command.by));
      case "reset": return setFocus({ selected: 0, zoomed: 0, view: whole(model) });
      case "search": return input.current?.focus();
      case "collapse": return setCollapse(!collapse);
      case "gems": return setHideGems(!hideGems);
      case "copy": {
        const text = label(model, Math.max(0, focus.selected));
        say((await copy(text)) ? `Copied ${text}` : "The browser refused to copy");
      }
    }
  };
  const zoomed = focus.view.from > 0 || focus.view.to < whole(model).to;

  return (
    <div class="flame" data-flame={id}>
      <div class="flame-tools">
        <input
          ref={input} type="search" placeholder="Search methods and files" aria-label={`Search in ${name}`} value={query} spellcheck={false}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => { if (event.key === "Escape") setQuery(""); }}
        />
        <output class="found">{found ? `${found.frames} ${found.frames === 1 ? "method" : "methods"}, ${percent(found.time / (model.total[0] || 1))} of all time` : ""}</output>
        <span class="spring" />
        <label class="toggle"><input type="checkbox" checked={hideGems} onChange={() => setHideGems(!hideGems)} />Hide gems</label>
        <label class="toggle"><input type="checkbox" checked={collapse} onChange={() => setCollapse(!collapse)} />Collapse recursion</label>
        <button type="button" class="button small" disabled={!zoomed} onClick={() => obey({ do: "reset" })}>Reset zoom</button>
        <button type="button" class="button small" disabled={focus.selected <= 0} onClick={() => obey({ do: "copy" })}>Copy name</button>
      </div>
      <div class="flame-split">
        <div class="flame-left">
          <Crumbs model={model} node={focus.zoomed} onPick={(node) => obey({ do: "fit", node })} />
          <Canvas model={model} view={focus.view} found={found} selected={focus.selected} name={name} onView={setView} onCommand={obey} />
          <Key />
          <p class="offscreen" aria-live="polite">{said || describe(model, focus.selected)}</p>
        </div>
        <FrameTable
          key={focus.zoomed > 0 ? "zoomed" : "all"} model={focus.zoomed > 0 ? model : plain} under={focus.zoomed} top={focus.zoomed > 0 ? [] : top}
          hideGems={hideGems} query={query} onSearch={setQuery}
        />
      </div>
    </div>
  );
}

// mostlyApp says whether the application's own frames are on most stacks: then
// the graph starts without the twenty layers of middleware above them.
function mostlyApp(tree: Tree): boolean {
  const all = build(tree, { hideGems: true, collapse: true });
  const outermost = [0];
  let time = 0;
  for (let at = outermost.pop(); at !== undefined; at = outermost.pop()) {
    for (let node = all.first[at]!; node >= 0; node = all.next[node]!) {
      if (all.origins[all.frame[node]!] === "app") time += all.total[node]!;
      else outermost.push(node); // a C function, say, that calls the app
    }
  }
  return time > 0.4 * all.total[0]!;
}

interface Focus { selected: number; zoomed: number; view: View }

// useFocus keeps what is selected and zoomed, also in the address, and finds
// the same call again when the model is built anew.
function useFocus(model: Model, id: string): [Focus, (focus: Focus) => void] {
  const start = (): Focus => {
    const wanted = model.shown[Number(state.get("zoom." + id)) || 0] ?? 0;
    const node = wanted > 0 ? wanted : 0;
    return { selected: node, zoomed: node, view: node > 0 ? onto(model, node) : whole(model) };
  };
  const [kept, keep] = useState(() => ({ model, focus: start() }));
  const current = kept.model === model ? kept : { model, focus: start() };
  useEffect(() => { if (current !== kept) keep((now) => (now.model === model ? now : current)); });
  const set = (focus: Focus): void => {
    keep({ model, focus });
    if (focus.zoomed !== current.focus.zoomed) state.set("zoom." + id, focus.zoomed > 0 ? String(model.source[focus.zoomed]) : "");
  };
  return [current.focus, set];
}

// centre is where the keyboard zooms: the selected box, if it is in sight.
function centre(model: Model, view: View, node: number): number {
  const middle = (view.from + view.to) / 2;
  if (node <= 0) return middle;
  const at = model.start[node]! + model.total[node]! / 2;
  return at > view.from && at < view.to ? at : middle;
}

function describe(model: Model, node: number): string {
  if (node < 0) return "";
  const all = model.total[0] || 1;
  return `${label(model, node)}: total ${percent(model.total[node]! / all)}, self ${percent(model.self[node]! / all)}`;
}

// Key explains the colours.
function Key() {
  return (
    <ul class="key" aria-label="Colours">
      <li><i class="swatch flame-app" />Application</li>
      <li><i class="swatch flame-gem" />Gems and Ruby's library</li>
      <li><i class="swatch flame-native" />C and native</li>
      <li><i class="swatch flame-synthetic" />GC and other states</li>
      <li class="hint">Click to zoom, Ctrl+wheel or W/S, arrows move, 0 resets, / searches, C copies, R recursion, G gems</li>
    </ul>
  );
}
