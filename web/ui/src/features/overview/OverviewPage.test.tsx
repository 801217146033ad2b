import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { violations } from "../../testing/accessibility";
import { mission, status } from "../../testing/examples";
import { refusal, withFakeServer } from "../../testing/fakeServer";
import { show } from "../../testing/show";
import { OverviewPage } from "./OverviewPage";

const server = withFakeServer();
const AGENT = { runs: 0, succeeded: 0, failed: 0, success_rate: null, mean_seconds: null, leads: 0, model_calls: 0, cost: 0, last_run_at: null };

function open(changes: Parameters<typeof status>[0] = {}) {
  server.current
    .on("GET /status", status(changes))
    .on("GET /missions", { items: [mission()], next_cursor: null })
    .on("GET /agents/status", {
      items: [
        { ...AGENT, name: "reviver", crew: "dead_lead", job: "Scores leads", built: true },
        { ...AGENT, name: "scraper", crew: "dead_lead", job: "Fills in fields", built: false },
      ],
    });
  return show(<OverviewPage />);
}

test("says in one line that REX is well and what it does", async () => {
  const { container } = open();
  expect(await screen.findByText(/1 mission under way · 1 worker · timetable on time/)).toBeVisible();
  expect(await screen.findByText("1 of 2 built")).toBeVisible();
  expect(await screen.findByRole("link", { name: "October list" })).toBeVisible();
  expect(await violations(container)).toEqual([]);
});

test("names the queue on which nobody works", async () => {
  open({ queues: [{ queue: "crew.campaign", crew: "campaign", depth: 9, running: 0, messages: 9, oldest_seconds: 120, workers: 0 }] });
  expect(await screen.findByText("Nobody works on crew.campaign.")).toBeVisible();
});

test("a silent beat comes before everything else", async () => {
  open({ beat: { last_tick_seconds: null } });
  expect(await screen.findByText("Beat is silent")).toBeVisible();
});

test("the emergency stop asks first, stops, and offers the release", async () => {
  open();
  server.current.on("POST /emergency-stop", { stopped: true, stopped_at: "2026-11-20T06:30:00Z" });
  await userEvent.click(await screen.findByRole("button", { name: "Emergency stop" }));
  expect(server.current.requests("POST /emergency-stop")).toHaveLength(0);
  server.current.on("GET /status", status({ sending: { stopped: true, stopped_at: "2026-11-20T06:30:00Z" } }));
  await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Stop all sending" }));
  expect(await screen.findByRole("button", { name: "Release" })).toBeVisible();
  expect(server.current.requests("POST /emergency-stop")).toHaveLength(1);
});

test("a viewer's refused stop is shown with what to do", async () => {
  open();
  server.current.on("POST /emergency-stop", () => refusal(403, "role", "A viewer may not stop sending.", { action: "Ask an operator." }));
  await userEvent.click(await screen.findByRole("button", { name: "Emergency stop" }));
  await userEvent.click(screen.getByRole("button", { name: "Stop all sending" }));
  expect(await screen.findByText("Ask an operator.")).toBeVisible();
});

test("an empty installation says what to do next", async () => {
  open({ missions: {}, leads: 0 });
  expect(await screen.findByRole("link", { name: "Start the first mission" })).toHaveAttribute("href", "/missions/new");
});

test("a server in trouble is said so, with a way to ask again", async () => {
  open();
  server.current.on("GET /status", () => refusal(503, "unavailable", "Postgres does not answer."));
  expect(await screen.findByText("Postgres does not answer.")).toBeVisible();
  server.current.on("GET /status", status());
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Ready")).toBeVisible();
});
