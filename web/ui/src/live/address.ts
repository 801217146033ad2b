/** Where the live server is, as seen from this browser. */

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * The session's cookie belongs to the host in the address bar: a page opened as http://localhost must not
 * call http://127.0.0.1, although both are the same machine.
 */
export function liveAddress(announced: string, page: { hostname: string }): string {
  const url = new URL(announced);
  if (LOOPBACK.has(url.hostname) && LOOPBACK.has(page.hostname)) url.hostname = page.hostname;
  return url.origin;
}
