/** Answers of the API, complete, with what a test cares about changed. */
import type { LogEntry, Message, Mission, MissionDetail, Outcome, Session, Settings, Status, Step } from "../api/types";

const AT = "2026-11-20T06:30:00Z";

export function session(changes: Partial<Session> = {}): Session {
  return { tenant: { id: "t1", name: "Northwind" }, role: "admin", csrf_token: "csrf-1", name: "anna", ...changes };
}

export function status(changes: Partial<Status> = {}): Status {
  return {
    version: "0.1.0",
    tenant: { id: "t1", name: "Northwind", sender: { name: "Anna", email: "anna@example.org", postal_address: "Harbour 1" } },
    sending: { stopped: false, stopped_at: null },
    delivery: "outbox",
    missions: { executing: 1, completed: 2 },
    messages: { sent_today: 12, total: 340 },
    leads: 200,
    queues: [{ queue: "crew.campaign", crew: "campaign", depth: 4, running: 1, messages: 4, oldest_seconds: 2, workers: 1 }],
    beat: { last_tick_seconds: 2 },
    live_url: "http://127.0.0.1:9",
    flower_url: "http://127.0.0.1:5555",
    ...changes,
  };
}

export function settings(changes: Partial<Settings> = {}): Settings {
  return {
    sender_name: "Anna",
    sender_email: "anna@example.org",
    postal_address: "Harbour 1",
    offer: "A 20-minute audit",
    ...changes,
  };
}

export function mission(changes: Partial<Mission> = {}): Mission {
  return {
    id: "m1",
    type: "lead_reactivation",
    name: "October list",
    state: "executing",
    paused: false,
    paused_at: null,
    priority: 50,
    autonomy: "auto",
    progress: 0.5,
    counts: { planned: 10, sent: 4, suppressed: 1, skipped: 2, failed: 0, pending: 3 },
    reason: null,
    result: null,
    created_at: AT,
    started_at: AT,
    finished_at: null,
    legal_moves: ["collecting"],
    actions: ["cancel", "pause"],
    estimated_seconds: 40,
    ...changes,
  };
}

export function step(changes: Partial<Step> = {}): Step {
  return {
    id: "s1",
    key: "send",
    kind: "fan_out",
    agent: "outreach",
    crew: "campaign",
    state: "running",
    depends_on: [],
    attempt: 1,
    total: 10,
    done: 4,
    failed: 0,
    started_at: AT,
    finished_at: null,
    error: null,
    ...changes,
  };
}

export function missionDetail(changes: Partial<MissionDetail> = {}): MissionDetail {
  return { ...mission(), steps: [step()], moves: [], active: 0, campaign_id: null, messages: null, ...changes };
}

export function outcome(changes: Partial<Outcome> = {}): Outcome {
  return {
    lead_id: "l1",
    name: "Kevin Henderson",
    email: "kevin@example.net",
    state: "sent",
    reason: null,
    reason_text: null,
    action: null,
    score: 0.72,
    strategy: "standard",
    channel: "email",
    message_id: "x1",
    next_at: null,
    wait: null,
    ...changes,
  };
}

export function message(changes: Partial<Message> = {}): Message {
  return {
    id: "x1",
    mission_id: "m1",
    lead_id: "l1",
    lead_name: "Kevin Henderson",
    to: "kevin@example.net",
    channel: "email",
    subject: "Still thinking about the pilot?",
    body: "Hi Kevin",
    framework: "PAS",
    state: "accepted",
    reason: null,
    sent_at: AT,
    step_key: "first_touch",
    position: null,
    enrolment_id: null,
    inbox_id: null,
    run_after: null,
    delivered_at: null,
    why: null,
    wait: null,
    ...changes,
  };
}

export function logEntry(id: number, text: string): LogEntry {
  return { id, at: AT, agent: "outreach", kind: "progress", message: text, details: {} };
}
