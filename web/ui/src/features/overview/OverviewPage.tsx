/** The first page: is REX well, what is it doing, and the one button that stops everything. */
import { Link } from "react-router";

import { ProblemNotice } from "../../components/ProblemNotice";
import { Skeleton } from "../../components/Skeleton";
import { useTitle } from "../../app/title";
import { AgentsCard } from "./AgentsCard";
import { EmergencyStop } from "./EmergencyStop";
import { Figures } from "./Figures";
import { FirstMission } from "./FirstMission";
import { MissionCounts } from "./MissionCounts";
import { QueuesCard } from "./QueuesCard";
import { RecentMissions } from "./RecentMissions";
import { StatusLine } from "./StatusLine";
import { useStatus } from "./status";

export function OverviewPage() {
  useTitle("Overview");
  const { data: status, error, refetch } = useStatus();
  if (status === undefined) {
    return error ? <ProblemNotice error={error} onRetry={() => void refetch()} /> : <Skeleton lines={8} label="Loading the overview" />;
  }
  const missions = Object.values(status.missions).reduce((sum, n) => sum + n, 0);
  return (
    <>
      <div className="page__head">
        <div>
          <h1>Overview</h1>
          <StatusLine status={status} />
        </div>
        <div className="page__actions">
          <EmergencyStop sending={status.sending} />
          <Link className="button button--primary" to="/missions/new">
            New mission
          </Link>
        </div>
      </div>
      {error && <ProblemNotice error={error} />}
      {missions === 0 ? <FirstMission /> : <Figures status={status} />}
      <div className="columns">
        <div className="columns__main">
          {missions > 0 && <MissionCounts missions={status.missions} />}
          {missions > 0 && <RecentMissions />}
          <QueuesCard queues={status.queues} flowerUrl={status.flower_url} />
        </div>
        <div className="columns__side">
          <AgentsCard />
        </div>
      </div>
    </>
  );
}
