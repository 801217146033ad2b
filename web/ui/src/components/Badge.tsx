/** A state in one word, with a dot so that colour is never the only sign. */

export type Tone = "idle" | "active" | "good" | "warn" | "bad";

export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return <span className={`badge badge--${tone}`}>{children}</span>;
}
