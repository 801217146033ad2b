/** Every move of the mission from state to state, with its reason. */
import type { MissionDetail } from "../../api/types";
import { clockTime, dateTime, label } from "../../components/format";

export function Timeline({ moves }: { moves: MissionDetail["moves"] }) {
  if (moves.length === 0) return null;
  return (
    <section className="card" aria-labelledby="timeline">
      <div className="card__head">
        <h2 id="timeline">Timeline</h2>
      </div>
      <ol className="timeline">
        {moves.map((move) => (
          <li key={`${move.at} ${move.to_state}`}>
            <time dateTime={move.at} title={dateTime(move.at)}>
              {clockTime(move.at)}
            </time>
            <span>
              {label(move.to_state)}
              {move.reason != null && <span className="timeline__reason">{move.reason}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
