/** Whether what is on the screen follows by itself. */
import type { LiveState } from "../live/connection";
import { useLiveState } from "../live/context";

const WORDS: Record<LiveState, { text: string; title: string }> = {
  connecting: { text: "Connecting", title: "Connecting to the live server" },
  live: { text: "Live", title: "Every change appears at once" },
  reconnecting: { text: "Reconnecting", title: "The live connection was lost; nothing that happens meanwhile is missed" },
  polling: { text: "Every 5 s", title: "The live server cannot be reached, so this page asks every 5 seconds instead" },
};

export function LiveBadge() {
  const state = useLiveState();
  const { text, title } = WORDS[state];
  return (
    <span className={`live live--${state}`} role="status" title={title}>
      {text}
      <span className="visually-hidden">. {title}</span>
    </span>
  );
}
