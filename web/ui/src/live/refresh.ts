/** Collects what has to be fetched again and does so in good time, but not as often as events come. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";

/**
 * A busy mission page asks for three things each time. A person may make 100 requests a minute, and may have
 * the overview open beside it: every four seconds leaves room for both, and for a few quicker ones, so that a
 * short mission is followed closely. States and figures do not wait for this: they come with the events.
 */
const STEADY_MS = 4_000;
const QUICK_MS = 1_000;
const QUICK_ONES = 6;
/** For what happens a few times in the life of a mission. */
const URGENT_MS = 500;

export class Refresh {
  readonly #client: QueryClient;
  readonly #waiting = new Map<string, QueryKey>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastFlush = Number.NEGATIVE_INFINITY;
  #quickLeft = QUICK_ONES;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  ask(keys: readonly QueryKey[], { urgent = false } = {}): void {
    for (const key of keys) this.#waiting.set(JSON.stringify(key), key);
    if (this.#waiting.size === 0 || (this.#timer !== undefined && !urgent)) return;
    clearTimeout(this.#timer);
    const interval = urgent ? URGENT_MS : this.#quickLeft >= 1 ? QUICK_MS : STEADY_MS;
    this.#timer = setTimeout(() => this.#flush(), Math.max(0, this.#lastFlush + interval - performance.now()));
  }

  #flush(): void {
    const now = performance.now();
    // What was not asked for earlier may be asked for quicker later.
    this.#quickLeft = Math.min(QUICK_ONES, this.#quickLeft + (now - this.#lastFlush) / STEADY_MS) - 1;
    this.#timer = undefined;
    this.#lastFlush = now;
    const keys = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const queryKey of keys) void this.#client.invalidateQueries({ queryKey });
  }
}
