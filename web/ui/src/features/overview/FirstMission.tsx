/** What to do on an empty installation. */
import { Link } from "react-router";

import { EmptyState } from "../../components/EmptyState";

export function FirstMission() {
  return (
    <section className="card">
      <EmptyState
        title="No mission yet"
        text="Upload a list from your CRM, say what you offer, and watch REX wake the leads that are worth it. Without a mail server everything goes to the outbox, where you can read it."
      >
        <Link className="button button--primary" to="/missions/new">
          Start the first mission
        </Link>
      </EmptyState>
    </section>
  );
}
