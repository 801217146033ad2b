/** The names of everything kept in the query cache. */

export const keys = {
  session: ["session"],
  status: ["status"],
  settings: ["settings"],
  agents: ["agents"],
  imports: ["imports"],
  missions: ["missions"],
  missionList: (state: string | null) => ["missions", state],
  mission: (id: string) => ["mission", id],
  missionDetail: (id: string) => ["mission", id, "detail"],
  missionLog: (id: string) => ["mission", id, "log"],
  missionOutcomes: (id: string) => ["mission", id, "outcomes"],
  missionOutcomesIn: (id: string, state: string | null) => ["mission", id, "outcomes", state],
  missionMessages: (id: string) => ["mission", id, "messages"],
  message: (id: string) => ["message", id],
} as const;
