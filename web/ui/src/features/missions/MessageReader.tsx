/** One message as its recipient gets it. */
import type { Message } from "../../api/types";
import { Badge } from "../../components/Badge";
import { Dialog } from "../../components/Dialog";
import { ProblemNotice } from "../../components/ProblemNotice";
import { Skeleton } from "../../components/Skeleton";
import { dateTime, label } from "../../components/format";
import { useMessage } from "./queries";
import { MESSAGE_TONE } from "./states";

export function MessageReader({ id, onClose }: { id: string; onClose: () => void }) {
  const { data: message, error } = useMessage(id);
  return (
    <Dialog title={message === undefined || message.subject === "" ? "Message" : message.subject} onClose={onClose} wide>
      {error && <ProblemNotice error={error} />}
      {message === undefined && !error && <Skeleton lines={8} label="Loading the message" />}
      {message !== undefined && <Content message={message} />}
    </Dialog>
  );
}

function Content({ message }: { message: Message }) {
  return (
    <>
      <dl className="message__facts">
        <div>
          <dt>To</dt>
          <dd>
            {message.lead_name} <span className="message__address">{message.to}</span>
          </dd>
        </div>
        <div>
          <dt>Channel</dt>
          <dd>
            {label(message.channel)}
            {message.framework !== "" && `, written after ${message.framework}`}
          </dd>
        </div>
        <div>
          <dt>State</dt>
          <dd>
            <Badge tone={MESSAGE_TONE[message.state]}>{label(message.state)}</Badge>
            {message.reason != null && ` ${label(message.reason)}`}
            {message.sent_at != null && ` ${dateTime(message.sent_at)}`}
          </dd>
        </div>
      </dl>
      <div className="message__body">{message.body}</div>
      <div className="dialog__actions">
        <a className="button" href={`/api/rex/messages/${encodeURIComponent(message.id)}.eml`} download>
          Download .eml
        </a>
      </div>
    </>
  );
}
