/** An address that leads nowhere. */
import { Link } from "react-router";

import { EmptyState } from "../components/EmptyState";
import { useTitle } from "./title";

export function NotFoundPage() {
  useTitle("Not found");
  return (
    <EmptyState title="There is no such page" text="The address may be mistyped, or the page has moved.">
      <Link className="button" to="/">
        Go to the overview
      </Link>
    </EmptyState>
  );
}
