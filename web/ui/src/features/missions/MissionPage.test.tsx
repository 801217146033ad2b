import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { violations } from "../../testing/accessibility";
import { logEntry, message, mission, missionDetail, outcome, step } from "../../testing/examples";
import { refusal, withFakeServer } from "../../testing/fakeServer";
import { show } from "../../testing/show";
import { MissionPage } from "./MissionPage";

const server = withFakeServer();

const SKIPPED = outcome({
  lead_id: "l2",
  name: "Cynthia Howard",
  state: "skipped",
  reason: "inactive_too_long",
  reason_text: "No activity for more than 365 days",
  action: "Raise the age limit.",
  message_id: null,
});

function open(changes: Parameters<typeof missionDetail>[0] = {}) {
  server.current
    .on("GET /missions/m1", missionDetail(changes))
    .on("GET /missions/m1/log", ({ query }) => ({ items: query.has("after") ? [] : [logEntry(1, "Delivered 4 messages")], next_cursor: null }))
    .on("GET /missions/m1/outcomes", ({ query }) => ({
      items: [outcome(), SKIPPED].filter(({ state }) => !query.has("state") || state === query.get("state")),
      next_cursor: null,
    }))
    .on("GET /missions/m1/messages", { items: [message()], next_cursor: null })
    .on("GET /messages/x1", message());
  return show(<MissionPage />, { at: "/missions/m1", path: "/missions/:id" });
}

test("shows the sum, the steps, the log and why somebody was not written to", async () => {
  const { container } = open();
  expect(await screen.findByText(/Delivered 4 messages/)).toBeVisible();
  const progress = screen.getByRole("region", { name: "Progress" });
  expect(progress).toHaveTextContent("10 planned=4 sent+1 suppressed+2 skipped+0 failed+3 pending");
  expect(screen.getByRole("progressbar", { name: "Progress of the mission" })).toHaveAttribute("aria-valuenow", "50");
  expect(await screen.findByText("Raise the age limit.")).toBeVisible();
  expect(screen.getByText("4 / 10")).toBeVisible();
  expect(await violations(container)).toEqual([]);
});

test("numbers that do not add up are called out", async () => {
  open({ counts: { planned: 10, sent: 4, suppressed: 0, skipped: 0, failed: 0, pending: 3 } });
  expect(await screen.findByText(/do not add up \(7\)/)).toBeVisible();
});

test("outcomes are filtered by the server", async () => {
  open();
  await screen.findByText("Kevin Henderson");
  await userEvent.click(screen.getByRole("button", { name: "Skipped 2" }));
  expect(await screen.findByText("Cynthia Howard")).toBeVisible();
  expect(screen.queryByText("Kevin Henderson")).toBeNull();
});

test("a message opens in the reader, with its .eml", async () => {
  open();
  await userEvent.click(await screen.findByRole("button", { name: "Read the message to Kevin Henderson" }));
  const reader = await screen.findByRole("dialog");
  expect(await within(reader).findByText("Hi Kevin")).toBeVisible();
  expect(within(reader).getByRole("link", { name: "Download .eml" })).toHaveAttribute("href", "/api/rex/messages/x1.eml");
});

test("the tabs follow the arrow keys", async () => {
  open();
  (await screen.findByRole("tab", { name: "Outcomes" })).focus();
  await userEvent.keyboard("{ArrowRight}");
  expect(screen.getByRole("tab", { name: "Messages (4)" })).toHaveFocus();
  expect(await screen.findByText("Still thinking about the pilot?")).toBeVisible();
});

test("only what the state allows is offered, and cancelling asks first", async () => {
  open({ actions: ["cancel", "resume"], paused: true });
  server.current.on("POST /missions/m1/cancel", missionDetail({ state: "cancelled", actions: [] }));
  await screen.findByRole("button", { name: "Resume" });
  expect(screen.queryByRole("button", { name: "Pause" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Cancel mission" }));
  expect(server.current.requests("POST /missions/m1/cancel")).toHaveLength(0);
  await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Cancel mission" }));
  expect(server.current.requests("POST /missions/m1/cancel")[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}$/);
});

test("an action that was refused says so", async () => {
  open();
  server.current.on("POST /missions/m1/pause", () => refusal(409, "illegal_move", "The mission has just finished."));
  await userEvent.click(await screen.findByRole("button", { name: "Pause" }));
  expect(await screen.findByText("The mission has just finished.")).toBeVisible();
});

test("an escalated mission says why and what unblocks it", async () => {
  open({
    ...mission({ state: "escalated", actions: ["retry"] }),
    reason: { code: "sender_unreachable", text: "The mail server refused the password.", action: "Correct it and retry." },
    steps: [step({ state: "failed", error: "535 authentication failed" })],
  });
  expect(await screen.findByRole("alert")).toHaveTextContent("The mail server refused the password.Correct it and retry.");
  expect(screen.getByText("535 authentication failed")).toBeVisible();
});

test("a mission that does not exist is refused without a vain retry", async () => {
  open();
  server.current.on("GET /missions/m1", () => refusal(404, "mission_not_found", "There is no mission with this id."));
  expect(await screen.findByRole("alert")).toHaveTextContent("There is no mission with this id.");
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
});
