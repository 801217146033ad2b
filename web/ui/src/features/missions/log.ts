/** A mission's log, fetched piece by piece: each time only what is new. */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, body } from "../../api/client";
import { keys } from "../../api/keys";
import type { LogEntry } from "../../api/types";
import { useRefetchInterval } from "../../live/context";

const PAGE = 200;
/** More than anybody reads here; the whole log is in the API. */
const KEPT = 1000;
const PAGES_AT_ONCE = 10;

export function useMissionLog(id: string) {
  const client = useQueryClient();
  return useQuery({
    queryKey: keys.missionLog(id),
    queryFn: () => fetchNew(client, id),
    refetchInterval: useRefetchInterval(),
  });
}

async function fetchNew(client: QueryClient, id: string): Promise<LogEntry[]> {
  let entries = client.getQueryData<LogEntry[]>(keys.missionLog(id)) ?? [];
  for (let page = 0; page < PAGES_AT_ONCE; page += 1) {
    const last = entries.at(-1)?.id;
    const query = last === undefined ? { limit: PAGE } : { limit: PAGE, after: last };
    const { items } = body(
      await api.GET("/api/rex/missions/{mission_id}/log", { params: { path: { mission_id: id }, query } }),
    );
    entries = [...entries, ...items].slice(-KEPT);
    if (items.length < PAGE) break;
  }
  return entries;
}
