/** What an event says outright is put on the screen without asking the server again. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";

import { keys } from "../api/keys";
import type { Mission, MissionDetail, MissionPage, MissionState, Step, StepState } from "../api/types";
import { MISSION_STATES, STEP_STATES } from "../features/missions/states";
import { type LiveEvent, readProgress } from "./event";

export function patch(client: QueryClient, event: LiveEvent): void {
  const id = event.missionId;
  if (id === null) return;
  const change = changeOf(event);
  client.setQueryData<MissionDetail>(keys.missionDetail(id), (mission) => {
    if (mission === undefined) return undefined;
    return { ...mission, ...change(mission), steps: mission.steps.map((step) => changedStep(step, event)) };
  });
  client.setQueriesData<InfiniteData<MissionPage>>({ queryKey: keys.missions }, (list) => {
    if (list === undefined) return undefined;
    const pages = list.pages.map((page) => ({
      ...page,
      items: page.items.map((mission) => (mission.id === id ? { ...mission, ...change(mission) } : mission)),
    }));
    return { ...list, pages };
  });
}

function changeOf({ type, payload, at }: LiveEvent): (mission: Mission) => Partial<Mission> {
  switch (type) {
    case "mission.progress": {
      const figures = readProgress(payload);
      // Replayed events may be older than what was fetched, and progress never goes back.
      return (mission) => (figures === null || figures.progress < mission.progress ? {} : figures);
    }
    case "mission.moved": {
      const state = known<MissionState>(MISSION_STATES, payload.after);
      return (mission) => (state !== null && mission.state === payload.before ? movedTo(state) : {});
    }
    case "mission.paused":
      return () => ({ paused: true, paused_at: at });
    case "mission.resumed":
      return () => ({ paused: false, paused_at: null });
    default:
      return () => ({});
  }
}

function changedStep(step: Step, { type, payload }: LiveEvent): Step {
  if (payload.key !== step.key) return step;
  if (type === "step.started" && step.state !== "done") return { ...step, state: "running" };
  const state = known<StepState>(STEP_STATES, payload.state);
  const { done, failed } = payload;
  if (type !== "step.finished" || state === null || typeof done !== "number" || typeof failed !== "number") return step;
  return { ...step, state, done, failed, total: Math.max(step.total, done + failed) };
}

/** What may be done in the new state is for the server to say; at the end it is nothing. */
function movedTo(state: MissionState): Partial<Mission> {
  if (state === "completed") return { state, actions: [], progress: 1 };
  return state === "cancelled" ? { state, actions: [] } : { state };
}

function known<T extends string>(words: readonly T[], word: unknown): T | null {
  return words.find((one) => one === word) ?? null;
}
