/** Where the neighbours of this page are. */

const FLOWER_PORT = 5555;

export function flowerAddress(page: { protocol: string; hostname: string }): string {
  return `${page.protocol}//${page.hostname}:${FLOWER_PORT}`;
}
