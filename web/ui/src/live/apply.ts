/** What an event changes on the screen: figures are put in place at once, the rest is fetched again. */
import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";

import { keys } from "../api/keys";
import type { Mission, MissionDetail, MissionPage } from "../api/types";
import { type LiveEvent, type Progress, readProgress } from "./event";

/** Puts the event's figures into the cache and answers which queries are out of date because of it. */
export function applyEvent(client: QueryClient, event: LiveEvent): QueryKey[] {
  const progress = event.type === "mission.progress" ? readProgress(event.payload) : null;
  if (progress !== null && event.missionId !== null) showProgress(client, event.missionId, progress);
  return outdatedBy(event);
}

function outdatedBy({ type, missionId }: LiveEvent): QueryKey[] {
  const family = type.split(".", 1)[0];
  if (family === "system") return [keys.status];
  if (missionId === null) return family === "agent" ? [keys.agents] : [keys.status];
  const mission = keys.missionDetail(missionId);
  const log = keys.missionLog(missionId);
  const people = [keys.missionOutcomes(missionId), keys.missionMessages(missionId)];
  switch (family) {
    case "mission":
      return type === "mission.progress" ? [mission, ...people] : [mission, log, keys.missions, keys.status];
    case "message":
    case "lead":
      return [...people, log, keys.status];
    case "agent":
      return [log, keys.agents];
    default:
      return [mission, log];
  }
}

function showProgress(client: QueryClient, id: string, progress: Progress): void {
  client.setQueryData<MissionDetail>(keys.missionDetail(id), (mission) => mission && advanced(mission, progress));
  client.setQueriesData<InfiniteData<MissionPage>>({ queryKey: keys.missions }, (list) => {
    if (list === undefined) return undefined;
    const pages = list.pages.map((page) => ({
      ...page,
      items: page.items.map((mission) => (mission.id === id ? advanced(mission, progress) : mission)),
    }));
    return { ...list, pages };
  });
}

/** Replayed events may be older than what was fetched, and progress never goes back. */
function advanced<M extends Mission>(mission: M, { progress, counts }: Progress): M {
  return progress < mission.progress ? mission : { ...mission, progress, counts };
}
