/** The few numbers worth a glance. */
import type { Status } from "../../api/types";
import { count } from "../../components/format";

const DELIVERY: Partial<Record<string, string>> = {
  outbox: "kept in the outbox",
  smtp: "through your SMTP server",
};

export function Figures({ status }: { status: Status }) {
  const waiting = status.queues.reduce((sum, queue) => sum + queue.depth, 0);
  return (
    <dl className="figures">
      <Figure name="Messages today" value={status.messages.sent_today} note={DELIVERY[status.delivery] ?? `by ${status.delivery}`} />
      <Figure name="Messages in all" value={status.messages.total} note="since the first mission" />
      <Figure name="Leads" value={status.leads} note="people on record" />
      <Figure name="Tasks waiting" value={waiting} note="in the queues of all crews" />
    </dl>
  );
}

function Figure({ name, value, note }: { name: string; value: number; note: string }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>
        <span className="figure__value">{count(value)}</span>
        <span className="figure__note">{note}</span>
      </dd>
    </div>
  );
}
