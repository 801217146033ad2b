/** The plan: what runs after what, and how far each step is. */
import type { Step } from "../../api/types";
import { EmptyState } from "../../components/EmptyState";
import { StepCard } from "./StepCard";
import { layersOf } from "./layers";

export function StepGraph({ steps }: { steps: readonly Step[] }) {
  return (
    <section className="card" aria-labelledby="steps">
      <div className="card__head">
        <h2 id="steps">Steps</h2>
      </div>
      {steps.length === 0 ? (
        <EmptyState title="Not planned yet" text="The steps appear when a crew takes the mission on." />
      ) : (
        // The plan may be wider than the screen; the keyboard scrolls it too.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className="graph" role="group" tabIndex={0} aria-label="Steps in the order they run">
          <ol className="graph__layers">
            {layersOf(steps).map((layer) => (
              <li key={layer.map((step) => step.key).join()} className="graph__layer">
                {layer.map((step) => (
                  <StepCard key={step.key} step={step} />
                ))}
              </li>
            ))}
          </ol>
        </div>
      )}
    </section>
  );
}
