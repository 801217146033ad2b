/** One step: which agent, in what state, how much of its fan-out is done. */
import type { Step } from "../../api/types";
import { Badge } from "../../components/Badge";
import { ProgressBar } from "../../components/ProgressBar";
import { count, duration, label } from "../../components/format";
import { STEP_TONE } from "./states";

export function StepCard({ step }: { step: Step }) {
  return (
    <article className={`step step--${STEP_TONE[step.state]}`} title={after(step)}>
      <div className="step__head">
        <h3>{label(step.key)}</h3>
        <Badge tone={STEP_TONE[step.state]}>{label(step.state)}</Badge>
      </div>
      <p className="step__agent">
        {label(step.agent)}
        <span className="visually-hidden">, crew {label(step.crew)}</span>
      </p>
      <ProgressBar small value={step.total > 0 ? step.done / step.total : 0} label={`Progress of ${step.key}`} />
      <p className="step__numbers">
        <span>
          {batches(step)}
          {step.failed > 0 && <span className="step__failed"> · {count(step.failed)} failed</span>}
        </span>
        <span>{time(step)}</span>
      </p>
      {step.attempt > 1 && <p className="step__attempt">Attempt {step.attempt}</p>}
      {step.error != null && <p className="step__note">{step.error}</p>}
    </article>
  );
}

/** Before a step begins nobody knows in how many batches its leads come. */
function batches({ done, total }: Step): string {
  return total === 0 ? "–" : `${count(done)} / ${count(total)}`;
}

function after({ crew, depends_on }: Step): string {
  const order = depends_on.length === 0 ? "runs first" : `runs after ${depends_on.join(", ")}`;
  return `Crew ${label(crew)}, ${order}, counted in batches of leads`;
}

function time({ started_at, finished_at }: Step): string {
  if (started_at == null || finished_at == null) return "";
  return duration((Date.parse(finished_at) - Date.parse(started_at)) / 1000);
}
