/** How many missions are in each state; each number leads to its list. */
import { Link } from "react-router";

import type { Status } from "../../api/types";
import { count, label } from "../../components/format";
import { MISSION_STATES, MISSION_TONE } from "../missions/states";

export function MissionCounts({ missions }: { missions: Status["missions"] }) {
  return (
    <section className="card" aria-labelledby="mission-counts">
      <div className="card__head">
        <h2 id="mission-counts">Missions by state</h2>
        <Link to="/missions">All missions</Link>
      </div>
      <ul className="state-counts">
        {MISSION_STATES.map((state) => {
          const n = missions[state] ?? 0;
          return (
            <li key={state}>
              <Link to={`/missions?state=${state}`} className={`state-count state-count--${n > 0 ? MISSION_TONE[state] : "none"}`}>
                <span className="state-count__number">{count(n)}</span>
                <span>{label(state)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
