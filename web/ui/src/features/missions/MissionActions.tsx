/** The buttons that the mission's state allows. */
import type { MissionAction, MissionDetail } from "../../api/types";
import { ConfirmButton } from "../../components/ConfirmButton";
import { ProblemNotice } from "../../components/ProblemNotice";
import { useMissionAction } from "./actions";

const LABEL: Record<MissionAction, string> = {
  approve: "Approve",
  resume: "Resume",
  retry: "Retry",
  pause: "Pause",
  cancel: "Cancel mission",
};

/** What helps a waiting mission on stands out. */
const PRIMARY = new Set<MissionAction>(["approve", "resume", "retry"]);
const ORDER = Object.keys(LABEL) as MissionAction[];

export function MissionActions({ mission }: { mission: MissionDetail }) {
  const act = useMissionAction(mission.id);
  const allowed = ORDER.filter((action) => mission.actions.includes(action));
  return (
    <>
      <div className="page__actions">
        {allowed.map((action) =>
          action === "cancel" ? (
            <ConfirmButton
              key={action}
              label={LABEL.cancel}
              title="Cancel this mission?"
              text="It sends nothing more, and it cannot be taken up again. Messages that were sent stay sent."
              confirm="Cancel mission"
              busy={act.isPending}
              onConfirm={() => act.mutate("cancel")}
            />
          ) : (
            <button
              key={action}
              type="button"
              className={PRIMARY.has(action) ? "button button--primary" : "button"}
              disabled={act.isPending}
              onClick={() => act.mutate(action)}
            >
              {LABEL[action]}
            </button>
          ),
        )}
      </div>
      {act.error && <ProblemNotice error={act.error} />}
    </>
  );
}
