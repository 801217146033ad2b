/** One event from the live server, checked before anything relies on it. */
import { isRecord } from "../api/problem";
import type { Counts } from "../api/types";

export interface LiveEvent {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly missionId: string | null;
  readonly payload: Record<string, unknown>;
}

export function readEvent(raw: unknown): LiveEvent | null {
  if (!isRecord(raw) || typeof raw.seq !== "number" || typeof raw.type !== "string") return null;
  return {
    seq: raw.seq,
    at: typeof raw.at === "string" ? raw.at : new Date().toISOString(),
    type: raw.type,
    missionId: typeof raw.mission_id === "string" ? raw.mission_id : null,
    payload: isRecord(raw.payload) ? raw.payload : {},
  };
}

export interface Progress {
  readonly progress: number;
  readonly counts: Counts;
}

/** The figures of a `mission.progress` event, or null when it carries something else. */
export function readProgress(payload: Record<string, unknown>): Progress | null {
  const { progress, counts } = payload;
  if (typeof progress !== "number" || !isRecord(counts)) return null;
  const { planned, sent, suppressed, skipped, failed, pending } = counts;
  const numbers = [planned, sent, suppressed, skipped, failed, pending];
  if (!numbers.every((n) => typeof n === "number")) return null;
  return { progress, counts: counts as unknown as Counts };
}
