/** The 28 agents by crew, and which of them work already. */
import type { AgentStatus } from "../../api/types";
import { ProblemNotice } from "../../components/ProblemNotice";
import { Skeleton } from "../../components/Skeleton";
import { counted, label, percent } from "../../components/format";
import { useAgents } from "./status";

export function AgentsCard() {
  const { data: agents, error } = useAgents();
  const built = agents?.filter((agent) => agent.built).length ?? 0;
  return (
    <section className="card" aria-labelledby="agents">
      <div className="card__head">
        <h2 id="agents">Agents</h2>
        {agents && (
          <span className="card__note">
            {built} of {agents.length} built
          </span>
        )}
      </div>
      {error && <ProblemNotice error={error} />}
      {agents === undefined && !error && <Skeleton lines={10} label="Loading the agents" />}
      {agents && crewsOf(agents).map(([crew, members]) => <Crew key={crew} crew={crew} members={members} />)}
    </section>
  );
}

function Crew({ crew, members }: { crew: string; members: readonly AgentStatus[] }) {
  const built = members.filter((agent) => agent.built);
  const later = members.filter((agent) => !agent.built);
  return (
    <div className="crew">
      <h3>{label(crew)}</h3>
      <ul className="crew__agents">
        {built.map((agent) => (
          <li key={agent.name}>
            <div className="crew__agent">
              <span className="crew__name">{label(agent.name)}</span>
              <span className="crew__runs">{record(agent)}</span>
            </div>
            <p>{agent.job}</p>
          </li>
        ))}
      </ul>
      {later.length > 0 && (
        <details className="crew__later">
          <summary>{later.length} not built yet</summary>
          <ul>
            {later.map((agent) => (
              <li key={agent.name}>
                <span className="crew__name">{label(agent.name)}</span> {agent.job}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function record(agent: AgentStatus): string {
  if (agent.runs === 0) return "not used yet";
  const runs = counted(agent.runs, "run");
  return agent.success_rate == null ? runs : `${runs}, ${percent(agent.success_rate)} good`;
}

function crewsOf(agents: readonly AgentStatus[]): [string, AgentStatus[]][] {
  const crews = new Map<string, AgentStatus[]>();
  for (const agent of agents) crews.set(agent.crew, [...(crews.get(agent.crew) ?? []), agent]);
  return [...crews];
}
