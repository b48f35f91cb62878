// The canvas of a flame graph: draws the scene and turns the pointer and the
// keyboard into commands. What is selected and zoomed is its parent's to keep.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { calm, onChange } from "../data/theme";
import { draw, palette, rowHeight } from "./draw";
import { command, type Command } from "./input";
import { at, label, type Model } from "./model";
import type { Found } from "./search";
import { Tooltip } from "./Tooltip";
import { between, pan, zoom, type View } from "./view";

interface Props {
  model: Model;
  view: View;
  found: Found | null;
  selected: number;
  name: string; // what the graph is of
  onView: (view: View) => void;
  onCommand: (command: Command) => void;
}

interface Hover { node: number; x: number; y: number }

export function Canvas(props: Props) {
  const { model, view, found, selected } = props;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState<Hover | null>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [theme, setTheme] = useState(0);
  const [scroll, setScroll] = useState(0);
  const colours = useMemo(palette, [theme]);
  const shown = useAnimated(view, model);
  const row = rowHeight(model.rows.length);
  const drag = useRef<{ x: number; moved: boolean } | null>(null);

  useEffect(() => onChange(() => setTheme((n) => n + 1)), []);
  useEffect(() => {
    const element = box.current!; // it may be gone from the page when the observer speaks last
    const watch = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useWheel(box, (event) => {
    const by = Math.exp(Math.max(-100, Math.min(100, event.deltaY)) * 0.004);
    props.onView(zoom(model, view, pointAt(event.clientX), by));
  });
  useEffect(() => reveal(box.current!, model, selected, row), [model, selected]);
  useLayoutEffect(() => {
    const ctx = canvas.current && fit(canvas.current, size.width, size.height);
    if (!ctx) return;
    const scene = { model, view: shown, found, selected, hovered: hover ? hover.node : -1, row, scroll, ...size };
    draw(ctx, scene, colours);
  }, [model, shown, found, selected, hover, size, colours, scroll]);

  const pointAt = (clientX: number): number => {
    const rect = box.current!.getBoundingClientRect();
    return view.from + ((clientX - rect.left) / Math.max(1, size.width)) * (view.to - view.from);
  };
  const nodeAt = (event: PointerEvent | MouseEvent): number => {
    const rect = box.current!.getBoundingClientRect();
    return at(model, Math.floor((event.clientY - rect.top + box.current!.scrollTop) / row), pointAt(event.clientX));
  };
  const move = (event: PointerEvent): void => {
    const held = drag.current;
    if (held && event.buttons & 1 && event.pointerType === "mouse") {
      if (Math.abs(event.clientX - held.x) > 3) held.moved = true;
      if (held.moved) {
        props.onView(pan(model, view, (held.x - event.clientX) / Math.max(1, size.width)));
        held.x = event.clientX;
      }
    }
    const node = nodeAt(event);
    setHover(node >= 0 ? { node, x: event.clientX, y: event.clientY } : null);
  };
  const click = (event: MouseEvent): void => {
    const node = nodeAt(event);
    if (node >= 0 && !drag.current?.moved) props.onCommand({ do: "fit", node });
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const wanted = command(event.key, model, view, selected);
    if (!wanted) return;
    event.preventDefault();
    props.onCommand(wanted);
  };

  return (
    <div
      ref={box} class="flame-box" style={{ height: `${Math.max(240, Math.min(600, (model.rows.length + 1) * row)) + 2}px` }} tabIndex={0} role="application" aria-roledescription="flame graph"
      aria-label={`${props.name}. ${selected >= 0 ? label(model, selected) : ""} Arrow keys move, Enter zooms in, 0 resets, slash searches. The table beside it says the same.`}
      onScroll={(event) => setScroll(event.currentTarget.scrollTop)}
      onPointerDown={(event) => { drag.current = { x: event.clientX, moved: false }; }}
      onPointerMove={move} onPointerLeave={() => setHover(null)} onClick={click} onKeyDown={press}
    >
      <canvas ref={canvas} class="flame-canvas" aria-hidden="true" />
      <div class="flame-space" style={{ height: `${model.rows.length * row}px` }} />
      {hover && <Tooltip model={model} node={hover.node} x={hover.x} y={hover.y} />}
    </div>
  );
}

// fit sizes a canvas for the screen's pixels and returns its context in CSS
// pixels.
function fit(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const dense = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * dense), Math.round(height * dense)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const ctx = canvas.getContext("2d");
  ctx?.setTransform(dense, 0, 0, dense, 0, 0);
  return ctx;
}

// reveal scrolls the selected row into the box.
function reveal(box: HTMLDivElement, model: Model, node: number, row: number): void {
  if (node < 0 || node >= model.size) return;
  const y = model.depth[node]! * row;
  if (y < box.scrollTop) box.scrollTop = Math.max(0, y - row);
  else if (y + row > box.scrollTop + box.clientHeight) box.scrollTop = y + 2 * row - box.clientHeight;
}

// useWheel zooms with ctrl or shift held, or once the graph has the focus: a
// page that is being scrolled must not get stuck in it.
function useWheel(box: { current: HTMLDivElement | null }, turn: (event: WheelEvent) => void): void {
  const latest = useRef(turn);
  latest.current = turn;
  useEffect(() => {
    const element = box.current!;
    const listen = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.shiftKey && document.activeElement !== element) return;
      if (event.deltaY === 0) return;
      event.preventDefault();
      latest.current(event);
    };
    element.addEventListener("wheel", listen, { passive: false });
    return () => element.removeEventListener("wheel", listen);
  }, []);
}

// useAnimated follows a view within a tenth of a second, at once when the
// reader prefers that nothing moves.
function useAnimated(view: View, model: Model): View {
  const [shown, setShown] = useState(view);
  const last = useRef({ view, model });
  useEffect(() => {
    const from = shown;
    const jump = calm() || last.current.model !== model;
    last.current = { view, model };
    if (jump || (from.from === view.from && from.to === view.to)) {
      setShown(view);
      return;
    }
    const begin = performance.now();
    let frame = requestAnimationFrame(function step(now) {
      const t = Math.min(1, (now - begin) / 110);
      setShown(t < 1 ? between(from, view, 1 - (1 - t) ** 3) : view);
      if (t < 1) frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [view, model]);
  return last.current.model === model ? shown : view;
}
