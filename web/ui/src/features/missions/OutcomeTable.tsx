/** Everybody in the mission: sent or not, and if not, why and what would change it. */
import { useState } from "react";

import type { Counts, Outcome, OutcomeState } from "../../api/types";
import { Badge } from "../../components/Badge";
import { EmptyState } from "../../components/EmptyState";
import { FilterTabs } from "../../components/FilterTabs";
import { LoadMore } from "../../components/LoadMore";
import { ProblemNotice } from "../../components/ProblemNotice";
import { Skeleton } from "../../components/Skeleton";
import { count, dateTime, label } from "../../components/format";
import { useOutcomes } from "./queries";
import { OUTCOME_STATES, OUTCOME_TONE } from "./states";

interface Props {
  missionId: string;
  counts: Counts;
  onRead: (messageId: string) => void;
}

export function OutcomeTable({ missionId, counts, onRead }: Props) {
  const [state, setState] = useState<OutcomeState | null>(null);
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useOutcomes(missionId, state);
  const outcomes = data?.pages.flatMap((page) => page.items);
  const options = [
    { value: null, label: "All" },
    ...OUTCOME_STATES.map((value) => ({ value, label: `${label(value)} ${count(counts[value])}` })),
  ];
  return (
    <>
      <FilterTabs label="Outcome" value={state} options={options} onChange={setState} />
      {error && <ProblemNotice error={error} />}
      {outcomes === undefined && !error && <Skeleton lines={8} label="Loading outcomes" />}
      {outcomes?.length === 0 && <NoOutcomes state={state} />}
      {outcomes !== undefined && outcomes.length > 0 && <Rows outcomes={outcomes} onRead={onRead} />}
      <LoadMore hasMore={hasNextPage} loading={isFetchingNextPage} onMore={() => void fetchNextPage()} />
    </>
  );
}

function Rows({ outcomes, onRead }: { outcomes: readonly Outcome[]; onRead: Props["onRead"] }) {
  return (
    <table className="table table--stack table--outcomes">
      <thead>
        <tr>
          <th scope="col">Person</th>
          <th scope="col">Outcome</th>
          <th scope="col">Why, and what would change it</th>
          <th scope="col" className="number">
            Score
          </th>
        </tr>
      </thead>
      <tbody>
        {outcomes.map((outcome) => (
          <Row key={outcome.lead_id} outcome={outcome} onRead={onRead} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ outcome, onRead }: { outcome: Outcome; onRead: Props["onRead"] }) {
  const { message_id: messageId } = outcome;
  return (
    <tr>
      <th scope="row">
        {outcome.name ?? outcome.email ?? "No name"}
        {outcome.name != null && <span className="table__note">{outcome.email ?? "no e-mail"}</span>}
      </th>
      <td>
        <Badge tone={OUTCOME_TONE[outcome.state]}>{label(outcome.state)}</Badge>
      </td>
      <td>
        {outcome.reason_text ?? outcome.reason ?? outcome.wait?.text}
        {outcome.next_at != null && <span className="table__note">Not before {dateTime(outcome.next_at)}</span>}
        {outcome.action != null && <span className="table__note">{outcome.action}</span>}
        {messageId != null && (
          <button type="button" className="link" onClick={() => onRead(messageId)}>
            Read the message <span className="visually-hidden">to {outcome.name ?? outcome.email}</span>
          </button>
        )}
      </td>
      <td className="number" data-label="Score">
        {outcome.score == null ? "–" : outcome.score.toFixed(2)}
      </td>
    </tr>
  );
}

function NoOutcomes({ state }: { state: OutcomeState | null }) {
  return state === null ? (
    <EmptyState title="Nobody here yet" text="People appear as soon as the mission has read its list." />
  ) : (
    <EmptyState title={`Nobody is ${state}`} text="Choose another outcome above." />
  );
}
