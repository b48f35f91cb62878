const kinds: Record<string, [text: string, kind: string]> = {
  open: ["running", "going"], complete: ["complete", ""], partial: ["partial", "warn"], failed: ["failed", "bad"],
};

export const statusName = (status: string): string => (Object.hasOwn(kinds, status) ? kinds[status]![0] : status);

// Status is how far a run came. Open is one that a living process writes.
export function Status({ of }: { of: string }) {
  const [text, kind] = Object.hasOwn(kinds, of) ? kinds[of]! : [of || "unknown", "warn"];
  return <span class={"tag " + kind}>{text}</span>;
}
