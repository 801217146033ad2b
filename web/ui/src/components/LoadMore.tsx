/** The end of a cursor-paged list: more on request. */

interface Props {
  hasMore: boolean;
  loading: boolean;
  onMore: () => void;
}

export function LoadMore({ hasMore, loading, onMore }: Props) {
  if (!hasMore) return null;
  return (
    <div className="more">
      <button type="button" className="button" disabled={loading} onClick={onMore}>
        {loading ? "Loading…" : "Show more"}
      </button>
    </div>
  );
}
