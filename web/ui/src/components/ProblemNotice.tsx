/** A refusal or failure: what happened, where, and what would put it right. */
import { asProblem } from "../api/problem";

interface Props {
  error: unknown;
  onRetry?: () => void;
}

export function ProblemNotice({ error, onRetry }: Props) {
  const problem = asProblem(error);
  return (
    <div className="notice notice--bad" role="alert">
      <p className="notice__title">{problem.title}</p>
      <p>{problem.message}</p>
      {problem.details.length > 0 && (
        <ul className="notice__list">
          {problem.details.map(({ where, what, expected }) => (
            <li key={`${where} ${what}`}>
              <code>{where}</code> {what}
              {expected !== null && <>; expected {expected}</>}
            </li>
          ))}
        </ul>
      )}
      {problem.action !== null && <p className="notice__action">{problem.action}</p>}
      {onRetry && mayPass(problem.status) && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Asking again helps against a server that is away or in trouble, not against a refusal. */
function mayPass(status: number): boolean {
  return status === 0 || status >= 500;
}
