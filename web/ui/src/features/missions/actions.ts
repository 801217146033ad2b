/** What may be done to a mission: begin, cancel, pause, resume, retry, approve. */
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, body, newIdempotencyKey } from "../../api/client";
import { keys } from "../../api/keys";
import type { MissionAction, MissionRequest } from "../../api/types";

const PATHS = {
  cancel: "/api/rex/missions/{mission_id}/cancel",
  pause: "/api/rex/missions/{mission_id}/pause",
  resume: "/api/rex/missions/{mission_id}/resume",
  retry: "/api/rex/missions/{mission_id}/retry",
  approve: "/api/rex/missions/{mission_id}/approve",
} as const satisfies Record<MissionAction, string>;

export function useMissionAction(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: MissionAction) =>
      api.POST(PATHS[action], {
        params: { path: { mission_id: id } },
        headers: { "Idempotency-Key": newIdempotencyKey() },
      }),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: keys.mission(id) });
      await client.invalidateQueries({ queryKey: keys.missions });
    },
  });
}

interface Submission {
  request: MissionRequest;
  /** The same for every attempt at one submission, so that a second click makes no second mission. */
  idempotencyKey: string;
}

export function useSubmitMission() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ request, idempotencyKey }: Submission) =>
      body(await api.POST("/api/rex/missions", { body: request, headers: { "Idempotency-Key": idempotencyKey } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.missions }),
  });
}
