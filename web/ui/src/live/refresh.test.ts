import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Refresh } from "./refresh";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** How often a stream of events, one each 10 ms, makes the pages ask again. */
function refreshesIn(seconds: number, refresh: Refresh, invalidate: ReturnType<typeof spied>): number {
  const before = invalidate.mock.calls.length;
  for (let ms = 0; ms < seconds * 1000; ms += 10) {
    refresh.ask([["status"]]);
    vi.advanceTimersByTime(10);
  }
  return invalidate.mock.calls.length - before;
}

function spied(client: QueryClient) {
  return vi.spyOn(client, "invalidateQueries");
}

test("a short burst is followed every second, a long one every four", () => {
  const client = new QueryClient();
  const invalidate = spied(client);
  const refresh = new Refresh(client);
  expect(refreshesIn(5, refresh, invalidate)).toBeGreaterThanOrEqual(5);
  refreshesIn(15, refresh, invalidate);
  expect(refreshesIn(60, refresh, invalidate)).toBeLessThanOrEqual(16);
});

test("a minute of events stays well below the requests that a person may make in one", () => {
  const client = new QueryClient();
  expect(refreshesIn(60, new Refresh(client), spied(client))).toBeLessThanOrEqual(24);
});

test("different things are refreshed together", () => {
  const client = new QueryClient();
  const invalidate = vi.spyOn(client, "invalidateQueries");
  new Refresh(client).ask([["status"], ["mission", "m1"], ["status"]]);
  vi.runAllTimers();
  expect(invalidate.mock.calls.map(([filter]) => filter?.queryKey)).toEqual([["status"], ["mission", "m1"]]);
});

test("what is urgent does not wait for the interval", () => {
  const client = new QueryClient();
  const invalidate = vi.spyOn(client, "invalidateQueries");
  const refresh = new Refresh(client);
  refresh.ask([["mission", "m1"]]);
  vi.advanceTimersByTime(1);
  refresh.ask([["mission", "m1"]]);
  vi.advanceTimersByTime(600);
  expect(invalidate).toHaveBeenCalledTimes(1);
  refresh.ask([["mission", "m1"]], { urgent: true });
  vi.advanceTimersByTime(1);
  expect(invalidate).toHaveBeenCalledTimes(2);
});
