/** How components take part in the live connection. */
import { createContext, useContext, useEffect, useSyncExternalStore } from "react";

import type { LiveConnection, LiveState } from "./connection";

export const LiveContext = createContext<LiveConnection | null>(null);

const POLL_MS = 5_000;
/** A socket can be open and silent for a fault of its own, so what it keeps fresh is asked for now and then anyway. */
const SAFETY_MS = 60_000;

export function useLiveState(): LiveState {
  const connection = useContext(LiveContext);
  return useSyncExternalStore(
    connection?.watch ?? watchNothing,
    () => connection?.state ?? "connecting",
  );
}

/** How often a query asks by itself: rarely while events arrive, every five seconds when they do not. */
export function useRefetchInterval(): number {
  return useLiveState() === "live" ? SAFETY_MS : POLL_MS;
}

/** Listens to the topic while the component is there; null for one that is not known yet. */
export function useTopic(topic: string | null): void {
  const connection = useContext(LiveContext);
  useEffect(() => (topic === null ? undefined : connection?.join(topic)), [connection, topic]);
}

function watchNothing(): () => void {
  return () => undefined;
}
