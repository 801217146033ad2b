/** One button after which nothing leaves REX, and the one that takes it back. */
import type { Status } from "../../api/types";
import { Ago } from "../../components/Ago";
import { ConfirmButton } from "../../components/ConfirmButton";
import { ProblemNotice } from "../../components/ProblemNotice";
import { useEmergencyStop, useRelease } from "./status";

export function EmergencyStop({ sending }: { sending: Status["sending"] }) {
  const stop = useEmergencyStop();
  const release = useRelease();
  const error = stop.error ?? release.error;
  return (
    <>
      {sending.stopped ? (
        <div className="notice notice--bad notice--row" role="alert">
          <p>
            <strong>Sending is stopped</strong>
            {sending.stopped_at != null && (
              <>
                {" "}
                since <Ago at={sending.stopped_at} />
              </>
            )}
            . Nothing leaves until it is released.
          </p>
          <button type="button" className="button" disabled={release.isPending} onClick={() => release.mutate()}>
            Release
          </button>
        </div>
      ) : (
        <ConfirmButton
          label="Emergency stop"
          title="Stop all sending?"
          text="No mission sends another message until you release the stop. Missions keep their place and go on from there."
          confirm="Stop all sending"
          busy={stop.isPending}
          onConfirm={() => stop.mutate()}
        />
      )}
      {error && <ProblemNotice error={error} />}
    </>
  );
}
