import type { ComponentChildren } from "preact";

// Section is one part of the report, with its place in the contents.
export function Section({ id, title, intro, children }: { id: string; title: string; intro?: string; children: ComponentChildren }) {
  return (
    <section id={id} class="section" aria-labelledby={id + "-title"}>
      <h2 id={id + "-title"} tabIndex={-1}>{title}</h2>
      {intro && <p class="intro">{intro}</p>}
      {children}
    </section>
  );
}

// Nothing says that a part is empty, and why.
export function Nothing({ children }: { children: ComponentChildren }) {
  return <p class="nothing">{children}</p>;
}
