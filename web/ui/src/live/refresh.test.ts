import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Refresh } from "./refresh";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a thousand events in a second are two refreshes", () => {
  const client = new QueryClient();
  const invalidate = vi.spyOn(client, "invalidateQueries");
  const refresh = new Refresh(client, 1000);
  for (let event = 0; event < 1000; event += 1) {
    refresh.ask([["status"]]);
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(1000);
  expect(invalidate).toHaveBeenCalledTimes(2);
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
  const refresh = new Refresh(client, 4000);
  refresh.ask([["mission", "m1"]]);
  vi.advanceTimersByTime(1);
  refresh.ask([["mission", "m1"]]);
  vi.advanceTimersByTime(600);
  expect(invalidate).toHaveBeenCalledTimes(1);
  refresh.ask([["mission", "m1"]], { urgent: true });
  vi.advanceTimersByTime(1);
  expect(invalidate).toHaveBeenCalledTimes(2);
});
