/** Missions as rows: name, state, how far, what became of the people. */
import { Link } from "react-router";

import type { Mission } from "../../api/types";
import { Ago } from "../../components/Ago";
import { ProgressBar } from "../../components/ProgressBar";
import { count, label, percent } from "../../components/format";
import { MissionBadge } from "./MissionBadge";

export function MissionTable({ missions }: { missions: readonly Mission[] }) {
  return (
    <table className="table table--stack table--missions">
      <thead>
        <tr>
          <th scope="col">Mission</th>
          <th scope="col">State</th>
          <th scope="col">Progress</th>
          <th scope="col" className="number">
            Sent
          </th>
          <th scope="col">Created</th>
        </tr>
      </thead>
      <tbody>
        {missions.map((mission) => (
          <MissionRow key={mission.id} mission={mission} />
        ))}
      </tbody>
    </table>
  );
}

function MissionRow({ mission }: { mission: Mission }) {
  return (
    <tr>
      <th scope="row">
        <Link to={`/missions/${mission.id}`}>{mission.name}</Link>
        <span className="table__note">{label(mission.type)}</span>
      </th>
      <td>
        <MissionBadge mission={mission} />
      </td>
      <td>
        <span className="table__progress">
          <ProgressBar small value={mission.progress} label={`Progress of ${mission.name}`} />
          <span className="table__percent">{percent(mission.progress)}</span>
        </span>
      </td>
      <td className="number" data-label="Sent">
        {count(mission.counts.sent)} <span className="table__of">of {count(mission.counts.planned)}</span>
      </td>
      <td className="table__when">
        <Ago at={mission.created_at} />
      </td>
    </tr>
  );
}
