/** Collects what has to be fetched again and does so at most once per interval, however fast the events come. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";

export class Refresh {
  readonly #client: QueryClient;
  readonly #intervalMs: number;
  readonly #waiting = new Map<string, QueryKey>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastFlush = Number.NEGATIVE_INFINITY;

  constructor(client: QueryClient, intervalMs = 1000) {
    this.#client = client;
    this.#intervalMs = intervalMs;
  }

  ask(...keys: QueryKey[]): void {
    for (const key of keys) this.#waiting.set(JSON.stringify(key), key);
    if (this.#timer !== undefined || this.#waiting.size === 0) return;
    const wait = Math.max(0, this.#lastFlush + this.#intervalMs - performance.now());
    this.#timer = setTimeout(() => this.#flush(), wait);
  }

  #flush(): void {
    this.#timer = undefined;
    this.#lastFlush = performance.now();
    const keys = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const queryKey of keys) void this.#client.invalidateQueries({ queryKey });
  }
}
