/** Names for the API's answers, all derived from the generated schema. */
import type { paths } from "./schema";

type Method = "get" | "post" | "patch";
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
type Content<R> = R extends { content: { "application/json": infer B } } ? B : never;
type Answer<P extends keyof paths, M extends Method, S extends number = 200> =
  Operation<P, M> extends { responses: infer R } ? (S extends keyof R ? Content<R[S]> : never) : never;
type Body<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody: infer R } ? Content<R> : never;

export type Session = Answer<"/api/rex/session", "get">;
export type Credentials = Body<"/api/rex/session", "post">;
export type Status = Answer<"/api/rex/status", "get">;
export type QueueStatus = Status["queues"][number];
export type Settings = Answer<"/api/rex/settings", "get">;
export type AgentStatus = Answer<"/api/rex/agents/status", "get">["items"][number];
export type MissionPage = Answer<"/api/rex/missions", "get">;
export type Mission = MissionPage["items"][number];
export type MissionDetail = Answer<"/api/rex/missions/{mission_id}", "get">;
export type MissionState = Mission["state"];
export type MissionAction = Mission["actions"][number];
export type MissionRequest = Body<"/api/rex/missions", "post">;
export type Counts = Mission["counts"];
export type Step = MissionDetail["steps"][number];
export type StepState = Step["state"];
export type LogEntry = Answer<"/api/rex/missions/{mission_id}/log", "get">["items"][number];
export type Outcome = Answer<"/api/rex/missions/{mission_id}/outcomes", "get">["items"][number];
export type OutcomeState = Outcome["state"];
export type Message = Answer<"/api/rex/missions/{mission_id}/messages", "get">["items"][number];
export type LeadImport = Answer<"/api/rex/leads/imports", "get">["items"][number];
