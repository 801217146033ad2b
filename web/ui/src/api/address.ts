/** Where REX's other servers are, as seen from this browser. */

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
const EVERYWHERE = new Set(["0.0.0.0", "[::]"]);

/**
 * A server announces the name it listens on. Both names of this machine are the same, but the session's cookie
 * belongs to the one in the address bar; and a server that listens everywhere is where the page came from.
 */
export function reachable(announced: string, page: { hostname: string }): string {
  const url = new URL(announced);
  const here = LOOPBACK.has(url.hostname) && LOOPBACK.has(page.hostname);
  if (here || EVERYWHERE.has(url.hostname)) url.hostname = page.hostname;
  return url.origin;
}
