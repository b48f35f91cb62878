const marks: Record<string, string> = { better: "\u25bc", worse: "\u25b2", same: "=", undecided: "?" };

export const isVerdict = (word: string): boolean => Object.hasOwn(marks, word);

// Verdict is a word with a shape and a colour: no meaning hangs on colour
// alone. The arrow is the way that the figure went: down is less time.
export function Verdict({ of, text }: { of: string; text?: string }) {
  const known = isVerdict(of) ? of : "undecided";
  return (
    <span class={"verdict " + known}>
      <span aria-hidden="true">{marks[known]}</span> {text ?? of}
    </span>
  );
}
