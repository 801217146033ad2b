/** One queue per crew: how much waits, how long, and who works on it. */
import { reachable } from "../../api/address";
import type { QueueStatus } from "../../api/types";
import { Badge } from "../../components/Badge";
import { count, duration, label } from "../../components/format";

interface Props {
  queues: readonly QueueStatus[];
  flowerUrl: string;
}

export function QueuesCard({ queues, flowerUrl }: Props) {
  return (
    <section className="card" aria-labelledby="queues">
      <div className="card__head">
        <h2 id="queues">Queues</h2>
        <span className="card__links">
          <a href={reachable(flowerUrl, location)}>Flower</a>
          <a href="/api/rex/docs">API documentation</a>
        </span>
      </div>
      <table className="table table--fit">
        <thead>
          <tr>
            <th scope="col">Crew</th>
            <th scope="col" className="number">
              Waiting
            </th>
            <th scope="col" className="number">
              Oldest
            </th>
            <th scope="col" className="number">
              Workers
            </th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <QueueRow key={queue.queue} queue={queue} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function QueueRow({ queue }: { queue: QueueStatus }) {
  return (
    <tr>
      <th scope="row">
        {label(queue.crew ?? "control")}
        <code className="table__note">{queue.queue}</code>
      </th>
      <td className="number">{count(queue.depth)}</td>
      <td className="number">{queue.oldest_seconds == null ? "–" : duration(queue.oldest_seconds)}</td>
      <td className="number">{queue.workers === 0 ? <Badge tone="warn">none</Badge> : count(queue.workers)}</td>
    </tr>
  );
}
