/** What an import made of a file: how many rows, which columns, and every rejected line with its reason. */
import type { LeadImport } from "../../api/types";
import { count, counted, label } from "../../components/format";

export function ImportResult({ result }: { result: LeadImport }) {
  const rejections = result.rejections;
  return (
    <div className="notice notice--good" role="status">
      <p className="notice__title">{result.filename} is in</p>
      <p>
        {counted(result.rows, "row")}: {count(result.created)} new, {count(result.merged)} merged into people already
        known, {count(result.rejected)} rejected.
      </p>
      <details>
        <summary>Columns as they were understood</summary>
        <ul className="pairs">
          {Object.entries(result.columns).map(([column, field]) => (
            <li key={column}>
              {column} → {label(field)}
            </li>
          ))}
        </ul>
      </details>
      {rejections.length > 0 && (
        <details>
          <summary>Rejected lines</summary>
          <ul className="pairs">
            {rejections.map(({ line, column, value, reason }) => (
              <li key={`${line} ${column} ${reason}`}>
                Line {line}
                {column != null && `, ${column}`}: {reason} {value != null && value !== "" && <code>{value}</code>}
              </li>
            ))}
          </ul>
          {result.rejections_url != null && (
            <a href={result.rejections_url} download>
              Download all of them
            </a>
          )}
        </details>
      )}
    </div>
  );
}
