/** Collects what has to be fetched again and does so at most once per interval, however fast the events come. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";

/**
 * A busy mission page asks for three things each time. A person may make 100 requests a minute, and may have
 * the overview open beside it: every four seconds leaves room for both. What counts most does not wait for
 * this: states and figures come with the events themselves.
 */
const EVERY_MS = 4_000;
/** For what happens a few times in the life of a mission. */
const URGENT_MS = 500;

export class Refresh {
  readonly #client: QueryClient;
  readonly #intervalMs: number;
  readonly #waiting = new Map<string, QueryKey>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastFlush = Number.NEGATIVE_INFINITY;

  constructor(client: QueryClient, intervalMs = EVERY_MS) {
    this.#client = client;
    this.#intervalMs = intervalMs;
  }

  ask(keys: readonly QueryKey[], { urgent = false } = {}): void {
    for (const key of keys) this.#waiting.set(JSON.stringify(key), key);
    if (this.#waiting.size === 0 || (this.#timer !== undefined && !urgent)) return;
    clearTimeout(this.#timer);
    const interval = urgent ? URGENT_MS : this.#intervalMs;
    this.#timer = setTimeout(() => this.#flush(), Math.max(0, this.#lastFlush + interval - performance.now()));
  }

  #flush(): void {
    this.#timer = undefined;
    this.#lastFlush = performance.now();
    const keys = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const queryKey of keys) void this.#client.invalidateQueries({ queryKey });
  }
}
