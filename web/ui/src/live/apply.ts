/** What an event changes on the screen: what it says is shown at once, what it leaves open is fetched again. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";

import { keys } from "../api/keys";
import type { LiveEvent } from "./event";
import { patch } from "./patch";

/** Puts what the event says into the cache and answers which queries are out of date because of it. */
export function applyEvent(client: QueryClient, event: LiveEvent): QueryKey[] {
  patch(client, event);
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
      return [...people, log];
    case "agent":
      return [log, keys.agents];
    default:
      return [mission, log];
  }
}
