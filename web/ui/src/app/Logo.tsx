/** The word mark. */

export function Logo() {
  return (
    <span className="logo">
      <img src="/favicon.svg" alt="" width="26" height="26" />
      REX
    </span>
  );
}
