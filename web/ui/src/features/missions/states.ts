/** How the states of missions, steps, outcomes and messages look. The tables are complete or they do not compile. */
import type { Tone } from "../../components/Badge";
import type { Message, MissionState, OutcomeState, StepState } from "../../api/types";

export const MISSION_TONE: Record<MissionState, Tone> = {
  queued: "idle",
  assigned: "active",
  executing: "active",
  collecting: "active",
  analyzing: "active",
  optimizing: "active",
  completed: "good",
  escalated: "warn",
  failed: "bad",
  cancelled: "idle",
};

export const MISSION_STATES = Object.keys(MISSION_TONE) as MissionState[];

export const STEP_TONE: Record<StepState, Tone> = {
  blocked: "idle",
  ready: "idle",
  queued: "idle",
  running: "active",
  waiting: "active",
  done: "good",
  failed: "bad",
  skipped: "idle",
  quarantined: "bad",
};

export const STEP_STATES = Object.keys(STEP_TONE) as StepState[];

export const OUTCOME_TONE: Record<OutcomeState, Tone> = {
  sent: "good",
  suppressed: "warn",
  skipped: "idle",
  failed: "bad",
  pending: "active",
};

export const OUTCOME_STATES = Object.keys(OUTCOME_TONE) as OutcomeState[];

export const MESSAGE_TONE: Record<Message["state"], Tone> = {
  planned: "idle",
  claimed: "active",
  submitted: "active",
  unknown: "warn",
  accepted: "good",
  deferred: "warn",
  delivered: "good",
  bounced: "bad",
  replied: "good",
  complained: "bad",
  suppressed: "warn",
  skipped: "idle",
  cancelled: "idle",
  failed: "bad",
};

/** A mission in one of these goes on without anybody's help. */
export function isActive(state: MissionState): boolean {
  return MISSION_TONE[state] === "active" || state === "queued";
}
