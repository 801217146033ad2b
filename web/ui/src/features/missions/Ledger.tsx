/** planned = sent + suppressed + skipped + failed + pending, as a bar and as the sum itself. */
import type { Counts } from "../../api/types";
import { count } from "../../components/format";
import { OUTCOME_STATES } from "./states";

export function Ledger({ counts }: { counts: Counts }) {
  const sum = OUTCOME_STATES.reduce((total, state) => total + counts[state], 0);
  return (
    <div className="ledger">
      <div className="ledger__bar" aria-hidden="true">
        {OUTCOME_STATES.filter((state) => counts[state] > 0).map((state) => (
          <span key={state} className={`ledger__part ledger__part--${state}`} style={{ flexGrow: counts[state] }} />
        ))}
      </div>
      <p className="ledger__sum">
        <Term number={counts.planned} name="planned" />
        {OUTCOME_STATES.map((state, position) => (
          <span className="ledger__term" key={state}>
            <span className="ledger__sign">{position === 0 ? "=" : "+"}</span>
            <Term number={counts[state]} name={state} />
          </span>
        ))}
      </p>
      {sum !== counts.planned && (
        <p className="ledger__wrong" role="alert">
          These numbers do not add up ({count(sum)}). Please report it: they always should.
        </p>
      )}
    </div>
  );
}

function Term({ number, name }: { number: number; name: string }) {
  return (
    <span className={`term term--${name}`}>
      <strong>{count(number)}</strong> {name}
    </span>
  );
}
