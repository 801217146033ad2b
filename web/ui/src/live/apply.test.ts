import { type InfiniteData, QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";

import { keys } from "../api/keys";
import type { MissionDetail, MissionPage } from "../api/types";
import { mission, missionDetail } from "../testing/examples";
import { applyEvent } from "./apply";

const COUNTS = { planned: 10, sent: 6, suppressed: 1, skipped: 2, failed: 0, pending: 1 };

function progressed(progress: number) {
  return { seq: 7, type: "mission.progress", missionId: "m1", payload: { progress, counts: COUNTS } };
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
  const stopped = { seq: 8, type: "system.sending_stopped", missionId: null, payload: {} };
  expect(applyEvent(new QueryClient(), stopped)).toEqual([keys.status]);
});

test("a move of a mission outdates the mission, its log and every list", () => {
  const moved = { seq: 9, type: "mission.moved", missionId: "m1", payload: { from: "queued", to: "assigned" } };
  const outdated = applyEvent(new QueryClient(), moved);
  expect(outdated).toEqual([keys.missionDetail("m1"), keys.missionLog("m1"), keys.missions, keys.status]);
});
