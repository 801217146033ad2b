/** What REX says about itself, and the emergency stop. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, body } from "../../api/client";
import { keys } from "../../api/keys";
import { useRefetchInterval } from "../../live/context";

/** Queue depths and the heartbeat change without events, so they are asked for in any case. */
const STATUS_MS = 10_000;

export function useStatus() {
  return useQuery({
    queryKey: keys.status,
    queryFn: async () => body(await api.GET("/api/rex/status")),
    refetchInterval: STATUS_MS,
  });
}

/** What a mission takes from the tenant when its order leaves it out. */
export function useSettings() {
  return useQuery({
    queryKey: keys.settings,
    queryFn: async () => body(await api.GET("/api/rex/settings")),
  });
}

export function useAgents() {
  return useQuery({
    queryKey: keys.agents,
    queryFn: async () => body(await api.GET("/api/rex/agents/status")).items,
    refetchInterval: useRefetchInterval(),
  });
}

export function useEmergencyStop() {
  return useChange(() => api.POST("/api/rex/emergency-stop"));
}

export function useRelease() {
  return useChange(() => api.POST("/api/rex/emergency-stop/release"));
}

function useChange(change: () => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => client.invalidateQueries({ queryKey: keys.status }),
  });
}
