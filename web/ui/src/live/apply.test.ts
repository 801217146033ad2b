import { type InfiniteData, QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";

import { keys } from "../api/keys";
import type { MissionDetail, MissionPage } from "../api/types";
import { mission, missionDetail } from "../testing/examples";
import { applyEvent } from "./apply";

const EVENT = { seq: 7, at: "2026-11-20T06:31:00Z", type: "", missionId: "m1", payload: {} };
const COUNTS = { planned: 10, sent: 6, suppressed: 1, skipped: 2, failed: 0, pending: 1 };

function progressed(progress: number) {
  return { ...EVENT, type: "mission.progress", payload: { progress, counts: COUNTS } };
}

function clientWithMission(): QueryClient {
  const client = new QueryClient();
  client.setQueryData(keys.missionDetail("m1"), missionDetail({ progress: 0.5 }));
  client.setQueryData(keys.missionList(null), { pages: [{ items: [mission()], next_cursor: null }], pageParams: [] });
  return client;
}

test("progress is shown at once, on the mission and in the list", () => {
  const client = clientWithMission();
  applyEvent(client, progressed(0.8));
  expect(client.getQueryData<MissionDetail>(keys.missionDetail("m1"))).toMatchObject({ progress: 0.8, counts: COUNTS });
  const list = client.getQueryData<InfiniteData<MissionPage>>(keys.missionList(null));
  expect(list?.pages[0]?.items[0]?.progress).toBe(0.8);
});

test("a replayed event does not take progress back", () => {
  const client = clientWithMission();
  applyEvent(client, progressed(0.2));
  expect(client.getQueryData<MissionDetail>(keys.missionDetail("m1"))?.progress).toBe(0.5);
});

test("an unreadable payload changes nothing", () => {
  const client = clientWithMission();
  applyEvent(client, { ...progressed(0.9), payload: { progress: 0.9, counts: { planned: "ten" } } });
  expect(client.getQueryData<MissionDetail>(keys.missionDetail("m1"))?.progress).toBe(0.5);
});

test("a stop of all sending concerns the status only", () => {
  const stopped = { ...EVENT, type: "system.sending_stopped", missionId: null, payload: {} };
  expect(applyEvent(new QueryClient(), stopped)).toEqual([keys.status]);
});

test("a move of a mission outdates the mission, its log and every list", () => {
  const outdated = applyEvent(new QueryClient(), { ...EVENT, type: "mission.moved", payload: { before: "queued", after: "assigned" } });
  expect(outdated).toEqual([keys.missionDetail("m1"), keys.missionLog("m1"), keys.missions, keys.status]);
});

test("a move is shown at once, and one from another state than the present is left to the server", () => {
  const client = clientWithMission();
  const state = () => client.getQueryData<MissionDetail>(keys.missionDetail("m1"))?.state;
  applyEvent(client, { ...EVENT, type: "mission.moved", payload: { before: "queued", after: "assigned" } });
  expect(state()).toBe("executing");
  applyEvent(client, { ...EVENT, type: "mission.moved", payload: { before: "executing", after: "collecting" } });
  expect(state()).toBe("collecting");
});

test("a pause and its end are shown at once", () => {
  const client = clientWithMission();
  const paused = () => client.getQueryData<MissionDetail>(keys.missionDetail("m1"))?.paused_at;
  applyEvent(client, { ...EVENT, type: "mission.paused" });
  expect(paused()).toBe(EVENT.at);
  applyEvent(client, { ...EVENT, type: "mission.resumed" });
  expect(paused()).toBeNull();
});

test("a finished step shows its figures", () => {
  const client = clientWithMission();
  const payload = { key: "send", agent: "outreach", state: "done", done: 9, failed: 1 };
  applyEvent(client, { ...EVENT, type: "step.finished", payload });
  const steps = client.getQueryData<MissionDetail>(keys.missionDetail("m1"))?.steps;
  expect(steps?.[0]).toMatchObject({ state: "done", done: 9, failed: 1 });
});
