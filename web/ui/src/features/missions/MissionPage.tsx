/** One mission, live: state, steps, log, and what became of every person. */
import { Link, useParams } from "react-router";

import { useTitle } from "../../app/title";
import { ProblemNotice } from "../../components/ProblemNotice";
import { Skeleton } from "../../components/Skeleton";
import { useTopic } from "../../live/context";
import { MissionHead } from "./MissionHead";
import { MissionLog } from "./MissionLog";
import { People } from "./People";
import { StepGraph } from "./StepGraph";
import { Timeline } from "./Timeline";
import { useMission } from "./queries";

export function MissionPage() {
  const { id = "" } = useParams();
  const { data: mission, error, refetch } = useMission(id);
  useTopic(mission ? `mission:${mission.id}` : null);
  useTitle(mission?.name ?? "Mission");
  if (mission === undefined) {
    return error ? <ProblemNotice error={error} onRetry={() => void refetch()} /> : <Skeleton lines={10} label="Loading the mission" />;
  }
  return (
    <>
      <p className="crumbs">
        <Link to="/missions">Missions</Link>
      </p>
      <MissionHead mission={mission} />
      {error && <ProblemNotice error={error} />}
      <StepGraph steps={mission.steps} />
      <div className="columns columns--side-first">
        <div className="columns__side">
          <MissionLog id={mission.id} state={mission.state} />
          <Timeline moves={mission.moves} />
        </div>
        <div className="columns__main">
          <People mission={mission} />
        </div>
      </div>
    </>
  );
}
