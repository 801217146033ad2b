/** What the agents say while they work, newest at the bottom; it follows unless somebody scrolled up. */
import { type UIEvent, useLayoutEffect, useRef } from "react";

import type { LogEntry, MissionState } from "../../api/types";
import { EmptyState } from "../../components/EmptyState";
import { ProblemNotice } from "../../components/ProblemNotice";
import { Skeleton } from "../../components/Skeleton";
import { clockTime, label } from "../../components/format";
import { useMissionLog } from "./log";
import { isActive } from "./states";

const NEAR_END_PX = 24;

export function MissionLog({ id, state }: { id: string; state: MissionState }) {
  const { data: entries, error } = useMissionLog(id);
  return (
    <section className="card" aria-labelledby="log">
      <div className="card__head">
        <h2 id="log">Log</h2>
        {entries !== undefined && entries.length > 0 && <span className="card__note">{entries.length} lines</span>}
      </div>
      {error && <ProblemNotice error={error} />}
      {entries === undefined && !error && <Skeleton lines={6} label="Loading the log" />}
      {entries?.length === 0 && (
        <EmptyState
          title="Nothing logged"
          text={isActive(state) ? "The first line appears when an agent starts." : "No agent worked on this mission."}
        />
      )}
      {entries !== undefined && entries.length > 0 && <Lines entries={entries} />}
    </section>
  );
}

function Lines({ entries }: { entries: readonly LogEntry[] }) {
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  const newest = entries.at(-1)?.id;
  useLayoutEffect(() => {
    if (atEnd.current && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [newest]);

  function remember({ currentTarget: { scrollTop, scrollHeight, clientHeight } }: UIEvent) {
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  return (
    // The list scrolls, and the keyboard must reach it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <ol ref={list} className="log" tabIndex={0} aria-labelledby="log" onScroll={remember}>
      {entries.map((entry) => (
        <li key={entry.id} className={`log__line log__line--${entry.kind}`}>
          <time dateTime={entry.at}>{clockTime(entry.at)}</time>
          <span className="log__agent">{label(entry.agent)}</span>
          <span className="log__text">
            <span className="log__kind">{entry.kind}</span> {entry.message}
          </span>
        </li>
      ))}
    </ol>
  );
}
