import { expect, test } from "vitest";

import { ago, counted, duration, label, percent } from "./format";

test("a mission that lacks one lead is not at 100 %", () => {
  expect(percent(0.9999)).toBe("99 %");
  expect(percent(1)).toBe("100 %");
});

test("one is singular", () => {
  expect(counted(1, "mission")).toBe("1 mission");
  expect(counted(1200, "mission")).toBe("1,200 missions");
});

test("durations get the unit they deserve", () => {
  expect([0.25, 3.21, 59.6, 250, 7500].map(duration)).toEqual(["250 ms", "3.2 s", "1 min 0 s", "4 min 10 s", "2 h 5 min"]);
});

test("the last minute is just now", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  expect(ago("2026-11-20T11:59:20Z", now)).toBe("just now");
  expect(ago("2026-11-20T11:57:00Z", now)).toBe("3 minutes ago");
  expect(ago("2026-11-18T12:00:00Z", now)).toBe("2 days ago");
});

test("identifiers become labels", () => {
  expect(["dead_lead", "auto_icp", "ab_tester"].map(label)).toEqual(["Dead lead", "Auto ICP", "AB tester"]);
});
