/** All missions, newest first, by state. */
import { Link, useSearchParams } from "react-router";

import type { MissionState } from "../../api/types";
import { useTitle } from "../../app/title";
import { EmptyState } from "../../components/EmptyState";
import { FilterTabs } from "../../components/FilterTabs";
import { LoadMore } from "../../components/LoadMore";
import { ProblemNotice } from "../../components/ProblemNotice";
import { Skeleton } from "../../components/Skeleton";
import { label } from "../../components/format";
import { MissionTable } from "./MissionTable";
import { useMissions } from "./queries";
import { MISSION_STATES } from "./states";

const OPTIONS = [{ value: null, label: "All" }, ...MISSION_STATES.map((state) => ({ value: state, label: label(state) }))];

export function MissionsPage() {
  useTitle("Missions");
  const [search, setSearch] = useSearchParams();
  const state = MISSION_STATES.find((known) => known === search.get("state")) ?? null;
  return (
    <>
      <div className="page__head">
        <h1>Missions</h1>
        <div className="page__actions">
          <Link className="button button--primary" to="/missions/new">
            New mission
          </Link>
        </div>
      </div>
      <FilterTabs
        label="State"
        value={state}
        options={OPTIONS}
        onChange={(chosen) => setSearch(chosen === null ? {} : { state: chosen }, { replace: true })}
      />
      <section className="card" aria-label="Missions">
        <MissionList state={state} />
      </section>
    </>
  );
}

function MissionList({ state }: { state: MissionState | null }) {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useMissions(state);
  if (data === undefined) {
    return error ? <ProblemNotice error={error} onRetry={() => void refetch()} /> : <Skeleton lines={6} label="Loading missions" />;
  }
  const missions = data.pages.flatMap((page) => page.items);
  if (missions.length === 0) return <NoMissions state={state} />;
  return (
    <>
      {error && <ProblemNotice error={error} />}
      <MissionTable missions={missions} />
      <LoadMore hasMore={hasNextPage} loading={isFetchingNextPage} onMore={() => void fetchNextPage()} />
    </>
  );
}

function NoMissions({ state }: { state: MissionState | null }) {
  if (state === null) {
    return (
      <EmptyState title="No mission yet" text="A mission wakes the leads of a list. Start one, and follow it here.">
        <Link className="button button--primary" to="/missions/new">
          Start the first mission
        </Link>
      </EmptyState>
    );
  }
  return (
    <EmptyState title={`No mission is ${state}`} text="Choose another state above, or look at all of them.">
      <Link className="button" to="/missions">
        Show all missions
      </Link>
    </EmptyState>
  );
}
