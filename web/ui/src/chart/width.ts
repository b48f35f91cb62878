import { useEffect, useRef, useState } from "preact/hooks";

// useWidth is an element's width in CSS pixels, kept up to date; least until
// it is known.
export function useWidth<E extends Element>(least: number): [{ current: E | null }, number] {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(least);
  useEffect(() => {
    const measure = (): void => {
      const now = Math.round(element.current?.getBoundingClientRect().width ?? 0);
      if (now > 0) setWidth(now);
    };
    measure();
    const watch = new ResizeObserver(measure);
    if (element.current) watch.observe(element.current);
    return () => watch.disconnect();
  }, []);
  return [element, width];
}
