/** What is read about missions. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { api, body } from "../../api/client";
import { keys } from "../../api/keys";
import type { MissionState, OutcomeState } from "../../api/types";
import { useRefetchInterval } from "../../live/context";

interface Page {
  next_cursor?: string | null;
}

/** The end of a list must be `undefined` for the query library. */
const next = (page: Page) => page.next_cursor ?? undefined;
/** Few enough to scroll past on a phone. */
const PEOPLE = 25;
const START: string | undefined = undefined;

export function useMissions(state: MissionState | null) {
  return useInfiniteQuery({
    queryKey: keys.missionList(state),
    queryFn: async ({ pageParam }) =>
      body(await api.GET("/api/rex/missions", { params: { query: defined({ state, cursor: pageParam }) } })),
    initialPageParam: START,
    getNextPageParam: next,
    refetchInterval: useRefetchInterval(),
  });
}

export function useMission(id: string) {
  return useQuery({
    queryKey: keys.missionDetail(id),
    queryFn: async () =>
      body(await api.GET("/api/rex/missions/{mission_id}", { params: { path: { mission_id: id } } })),
    refetchInterval: useRefetchInterval(),
  });
}

export function useOutcomes(id: string, state: OutcomeState | null) {
  return useInfiniteQuery({
    queryKey: keys.missionOutcomesIn(id, state),
    queryFn: async ({ pageParam }) =>
      body(
        await api.GET("/api/rex/missions/{mission_id}/outcomes", {
          params: { path: { mission_id: id }, query: defined({ state, cursor: pageParam, limit: PEOPLE }) },
        }),
      ),
    initialPageParam: START,
    getNextPageParam: next,
    refetchInterval: useRefetchInterval(),
  });
}

export function useMissionMessages(id: string) {
  return useInfiniteQuery({
    queryKey: keys.missionMessages(id),
    queryFn: async ({ pageParam }) =>
      body(
        await api.GET("/api/rex/missions/{mission_id}/messages", {
          params: { path: { mission_id: id }, query: defined({ cursor: pageParam, limit: PEOPLE }) },
        }),
      ),
    initialPageParam: START,
    getNextPageParam: next,
    refetchInterval: useRefetchInterval(),
  });
}

export function useMessage(id: string) {
  return useQuery({
    queryKey: keys.message(id),
    queryFn: async () =>
      body(await api.GET("/api/rex/messages/{message_id}", { params: { path: { message_id: id } } })),
  });
}

/** Leaves out what was not chosen, so that it does not appear in the address as "null". */
function defined<T extends object>(query: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value != null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
