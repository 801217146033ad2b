/** How far something is, from 0 to 1. */
import { percent } from "./format";

interface Props {
  value: number;
  label: string;
  small?: boolean;
}

export function ProgressBar({ value, label, small = false }: Props) {
  const now = Math.floor(value * 100);
  return (
    <div
      className={small ? "progress progress--small" : "progress"}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={now}
      aria-valuetext={percent(value)}
    >
      <span className="progress__done" style={{ inlineSize: `${value * 100}%` }} />
    </div>
  );
}
