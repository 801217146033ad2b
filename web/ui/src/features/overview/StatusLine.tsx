/** REX's condition in one sentence, worst news first. */
import type { Status } from "../../api/types";
import { Badge, type Tone } from "../../components/Badge";
import { counted, duration } from "../../components/format";
import { isActive, MISSION_STATES } from "../missions/states";

/** Beat ticks every few seconds; after this long it is taken for dead. */
const BEAT_LATE_SECONDS = 60;
const BEAT_USUAL_SECONDS = 10;

export function StatusLine({ status }: { status: Status }) {
  const { tone, word, text } = condition(status);
  return (
    <p className="status-line" role="status">
      <Badge tone={tone}>{word}</Badge> <span>{text}</span>
    </p>
  );
}

interface Condition {
  tone: Tone;
  word: string;
  text: string;
}

function condition(status: Status): Condition {
  const tick = status.beat.last_tick_seconds;
  const workers = status.queues.reduce((sum, queue) => sum + queue.workers, 0);
  const active = MISSION_STATES.filter(isActive).reduce((sum, state) => sum + (status.missions[state] ?? 0), 0);
  const unattended = status.queues.filter((queue) => queue.workers === 0);
  if (status.sending.stopped) return { tone: "bad", word: "Stopped", text: "Sending is stopped. Missions wait." };
  if (tick === null || tick > BEAT_LATE_SECONDS) {
    return { tone: "bad", word: "Beat is silent", text: "The timetable does not run, so no new work starts. Start the beat process." };
  }
  if (unattended.length > 0) {
    const names = unattended.map((queue) => queue.queue).join(", ");
    return { tone: "warn", word: "Workers missing", text: `Nobody works on ${names}.` };
  }
  const doing = active === 0 ? "Nothing is running" : `${counted(active, "mission")} under way`;
  const timetable = tick < BEAT_USUAL_SECONDS ? "timetable on time" : `timetable last ran ${duration(tick)} ago`;
  return { tone: "good", word: "Ready", text: `${doing} · ${counted(workers, "worker")} · ${timetable}` };
}
