/** The newest missions with their progress. */
import { MissionTable } from "../missions/MissionTable";
import { useMissions } from "../missions/queries";

const SHOWN = 5;

export function RecentMissions() {
  const { data } = useMissions(null);
  const missions = data?.pages[0]?.items.slice(0, SHOWN);
  if (missions === undefined) return null;
  return (
    <section className="card" aria-labelledby="recent-missions">
      <div className="card__head">
        <h2 id="recent-missions">Newest missions</h2>
      </div>
      <MissionTable missions={missions} />
    </section>
  );
}
