/** A moment as "3 minutes ago", with the exact time on hover. */
import { useEffect, useState } from "react";

import { ago, dateTime } from "./format";

const EVERY_MS = 30_000;

export function Ago({ at }: { at: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={dateTime(at)}>
      {ago(at, now)}
    </time>
  );
}
