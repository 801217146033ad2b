/** What became of the people of a mission: everybody with their outcome, or the messages themselves. */
import { useSearchParams } from "react-router";

import type { MissionDetail } from "../../api/types";
import { Tabs } from "../../components/Tabs";
import { count } from "../../components/format";
import { MessageList } from "./MessageList";
import { MessageReader } from "./MessageReader";
import { OutcomeTable } from "./OutcomeTable";

type View = "outcomes" | "messages";

export function People({ mission }: { mission: MissionDetail }) {
  const [search, setSearch] = useSearchParams();
  const view: View = search.get("view") === "messages" ? "messages" : "outcomes";
  const message = search.get("message");

  function show(changes: Partial<Record<"view" | "message", string | null>>) {
    setSearch(
      (current) => {
        for (const [name, value] of Object.entries(changes)) {
          if (value == null) current.delete(name);
          else current.set(name, value);
        }
        return current;
      },
      { replace: true, preventScrollReset: true },
    );
  }

  const read = (id: string) => show({ message: id });
  return (
    <section className="card" aria-label="People">
      <Tabs
        label="People"
        selected={view}
        onSelect={(chosen) => show({ view: chosen === "outcomes" ? null : chosen })}
        tabs={[
          {
            value: "outcomes",
            label: "Outcomes",
            panel: <OutcomeTable missionId={mission.id} counts={mission.counts} onRead={read} />,
          },
          {
            value: "messages",
            label: `Messages (${count(mission.counts.sent)})`,
            panel: <MessageList mission={mission} onRead={read} />,
          },
        ]}
      />
      {message !== null && <MessageReader id={message} onClose={() => show({ message: null })} />}
    </section>
  );
}
