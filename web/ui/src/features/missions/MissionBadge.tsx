/** A mission's state; paused stands beside it, because a paused mission keeps its state. */
import type { Mission } from "../../api/types";
import { Badge } from "../../components/Badge";
import { label } from "../../components/format";
import { MISSION_TONE } from "./states";

export function MissionBadge({ mission }: { mission: Pick<Mission, "state" | "paused"> }) {
  return (
    <span className="badges">
      <Badge tone={MISSION_TONE[mission.state]}>{label(mission.state)}</Badge>
      {mission.paused && <Badge tone="warn">Paused</Badge>}
    </span>
  );
}
