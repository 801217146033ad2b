/** What the messages offer, after which framework, and how much a person wants to see before they leave. */
import type { MissionRequest } from "../../api/types";
import { Field } from "../../components/Field";

type Framework = NonNullable<MissionRequest["framework"]>;
type Autonomy = NonNullable<MissionRequest["autonomy"]>;

const FRAMEWORKS: Record<Framework, string> = {
  PAS: "PAS: problem, agitation, solution",
  AIDA: "AIDA: attention, interest, desire, action",
  BAB: "BAB: before, after, bridge",
  FAB: "FAB: features, advantages, benefits",
};

const AUTONOMY: Record<Autonomy, string> = {
  approve_first_n: "Show me the first ones, then go on",
  suggest: "Send nothing without my approval",
  auto: "Send within the limits",
};

export function WritingFields({ offer }: { offer: string }) {
  return (
    <>
      <Field label="What do you offer?" hint="One line that goes into the messages, such as: a 20-minute energy audit">
        {(ids) => <input {...ids} name="offer" required defaultValue={offer} />}
      </Field>
      <div className="pair">
        <Field label="Framework">
          {(ids) => (
            <select {...ids} name="framework" defaultValue="">
              <option value="">Chosen per person</option>
              <Options of={FRAMEWORKS} />
            </select>
          )}
        </Field>
        <Field label="Autonomy">
          {(ids) => (
            <select {...ids} name="autonomy">
              <Options of={AUTONOMY} />
            </select>
          )}
        </Field>
      </div>
    </>
  );
}

function Options({ of }: { of: Record<string, string> }) {
  return Object.entries(of).map(([value, text]) => (
    <option key={value} value={value}>
      {text}
    </option>
  ));
}
