/** The messages of a mission; each opens in the reader. */
import type { Message, MissionDetail } from "../../api/types";
import { Badge } from "../../components/Badge";
import { EmptyState } from "../../components/EmptyState";
import { LoadMore } from "../../components/LoadMore";
import { ProblemNotice } from "../../components/ProblemNotice";
import { Skeleton } from "../../components/Skeleton";
import { label } from "../../components/format";
import { useMissionMessages } from "./queries";
import { isActive, MESSAGE_TONE } from "./states";

interface Props {
  mission: MissionDetail;
  onRead: (id: string) => void;
}

export function MessageList({ mission, onRead }: Props) {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useMissionMessages(mission.id);
  const messages = data?.pages.flatMap((page) => page.items);
  return (
    <>
      {error && <ProblemNotice error={error} />}
      {messages === undefined && !error && <Skeleton lines={8} label="Loading messages" />}
      {messages?.length === 0 && (
        <EmptyState
          title="No message"
          text={
            isActive(mission.state)
              ? "Messages appear when the personalizer has written them."
              : "This mission wrote none. The outcomes say why, person by person."
          }
        />
      )}
      {messages !== undefined && messages.length > 0 && (
        <ul className="messages">
          {messages.map((message) => (
            <Row key={message.id} message={message} onRead={onRead} />
          ))}
        </ul>
      )}
      <LoadMore hasMore={hasNextPage} loading={isFetchingNextPage} onMore={() => void fetchNextPage()} />
    </>
  );
}

function Row({ message, onRead }: { message: Message; onRead: Props["onRead"] }) {
  return (
    <li>
      <button type="button" className="messages__row" onClick={() => onRead(message.id)}>
        <span className="messages__to">{message.lead_name ?? message.to}</span>
        <span className="messages__subject">{message.subject === "" ? message.body.slice(0, 80) : message.subject}</span>
        <span className="messages__facts">
          <span>{label(message.channel)}</span>
          <Badge tone={MESSAGE_TONE[message.state]}>{label(message.state)}</Badge>
        </span>
      </button>
    </li>
  );
}
