/** The top of a mission: name, state, what may be done, how far it is, and that its numbers add up. */
import type { MissionDetail } from "../../api/types";
import { Ago } from "../../components/Ago";
import { ProgressBar } from "../../components/ProgressBar";
import { duration, label, percent } from "../../components/format";
import { Ledger } from "./Ledger";
import { MissionActions } from "./MissionActions";
import { MissionBadge } from "./MissionBadge";
import { isActive } from "./states";

export function MissionHead({ mission }: { mission: MissionDetail }) {
  return (
    <>
      <div className="page__head">
        <div>
          <h1>{mission.name}</h1>
          <p className="facts">
            <MissionBadge mission={mission} />
            <span>{label(mission.type)}</span>
            <span>Priority {mission.priority}</span>
            <span>
              Created <Ago at={mission.created_at} />
            </span>
            <span>{timing(mission)}</span>
          </p>
        </div>
        <MissionActions mission={mission} />
      </div>
      {mission.reason && <Reason reason={mission.reason} bad={mission.state === "failed"} />}
      <section className="card" aria-label="Progress">
        <div className="meter">
          <ProgressBar value={mission.progress} label="Progress of the mission" />
          <span className="meter__value">{percent(mission.progress)}</span>
        </div>
        <Ledger counts={mission.counts} />
      </section>
    </>
  );
}

function Reason({ reason, bad }: { reason: NonNullable<MissionDetail["reason"]>; bad: boolean }) {
  return (
    <div className={`notice notice--${bad ? "bad" : "warn"}`} role="alert">
      <p className="notice__title">{reason.text}</p>
      {reason.action !== "" && <p className="notice__action">{reason.action}</p>}
      <p className="notice__code">
        Reason <code>{reason.code}</code>
      </p>
    </div>
  );
}

function timing({ started_at, finished_at, estimated_seconds, state }: MissionDetail): string {
  if (started_at != null && finished_at != null) {
    return `Took ${duration((Date.parse(finished_at) - Date.parse(started_at)) / 1000)}`;
  }
  if (isActive(state) && estimated_seconds != null) return `About ${duration(estimated_seconds)} left`;
  return started_at == null ? "Not started" : "";
}
