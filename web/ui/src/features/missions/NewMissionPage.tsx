/** Submits a lead_reactivation mission: which people, what is offered, who sends it. */
import { useState } from "react";
import { useNavigate } from "react-router";

import { newIdempotencyKey } from "../../api/client";
import { useTitle } from "../../app/title";
import { ProblemNotice } from "../../components/ProblemNotice";
import { Skeleton } from "../../components/Skeleton";
import { useSettings, useStatus } from "../overview/status";
import { NewMissionForm } from "./NewMissionForm";
import { useSubmitMission } from "./actions";

export function NewMissionPage() {
  useTitle("New mission");
  const settings = useSettings();
  const status = useStatus();
  const submit = useSubmitMission();
  const navigate = useNavigate();
  const [idempotencyKey] = useState(newIdempotencyKey);
  const error = settings.error ?? status.error;
  const missing = error ? (
    <ProblemNotice error={error} onRetry={() => void settings.refetch()} />
  ) : (
    <Skeleton lines={8} label="Loading the form" />
  );
  return (
    <div className="narrow">
      <h1>New mission</h1>
      <p className="lead">
        Wakes the leads of a list: scores them, writes to those worth it, and says about everybody else why not.
      </p>
      {settings.data === undefined || status.data === undefined ? (
        missing
      ) : (
        <NewMissionForm
          settings={settings.data}
          leads={status.data.leads}
          busy={submit.isPending}
          onSubmit={(request) =>
            submit.mutate(
              { request, idempotencyKey },
              { onSuccess: (mission) => void navigate(`/missions/${mission.id}`) },
            )
          }
        >
          {submit.error && <ProblemNotice error={submit.error} />}
        </NewMissionForm>
      )}
    </div>
  );
}
