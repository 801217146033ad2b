// @vitest-environment node
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";

import { Server } from "socket.io";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { LiveConnection, type LiveState } from "./connection";
import type { LiveEvent } from "./event";

interface Wish {
  topics: string[];
  after: number | null;
}

let http: HttpServer;
let sockets: Server;
let url: string;
let wishes: Wish[];
let left: string[];
let connection: LiveConnection;
let events: LiveEvent[];
let resyncs: number;

beforeEach(async () => {
  http = createServer();
  sockets = new Server(http);
  wishes = [];
  left = [];
  events = [];
  resyncs = 0;
  sockets.on("connection", (socket) => {
    socket.on("subscribe", (wish: Wish, ack: (answer: object) => void) => {
      wishes.push(wish);
      ack({ ok: true, seq: 40, topics: wish.topics });
    });
    socket.on("unsubscribe", ({ topics }: Wish) => left.push(...topics));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  connection = new LiveConnection(["missions"], {
    onEvent: (event) => events.push(event),
    onResync: () => (resyncs += 1),
  });
});

afterEach(async () => {
  connection.close();
  await sockets.close();
});

async function reaches(state: LiveState): Promise<void> {
  await vi.waitFor(() => expect(connection.state).toBe(state), { timeout: 8000 });
}

test("the first subscription fetches everything once more and then listens", async () => {
  connection.open(url);
  await reaches("live");
  expect(wishes).toEqual([{ topics: ["missions"], after: null }]);
  expect(resyncs).toBe(1);
  sockets.emit("event", { seq: 41, type: "mission.moved", mission_id: "m1", payload: { to: "assigned" } });
  await vi.waitFor(() => expect(events).toHaveLength(1));
  expect(events[0]).toMatchObject({ seq: 41, type: "mission.moved", missionId: "m1", payload: { to: "assigned" } });
});

test("after a lost connection it resumes from the last event it has seen", async () => {
  connection.open(url);
  await reaches("live");
  sockets.emit("event", { seq: 57, type: "mission.moved" });
  await vi.waitFor(() => expect(events).toHaveLength(1));
  for (const socket of await sockets.fetchSockets()) (socket as unknown as { conn: { close: () => void } }).conn.close();
  await reaches("reconnecting");
  await reaches("live");
  expect(wishes.at(-1)).toEqual({ topics: ["missions"], after: 57 });
  expect(resyncs).toBe(1);
}, 15_000);

test("a page's topic is joined and left with it", async () => {
  connection.open(url);
  await reaches("live");
  const leave = connection.join("mission:m1");
  await vi.waitFor(() => expect(wishes).toHaveLength(2));
  expect(wishes[1]).toEqual({ topics: ["mission:m1"], after: 40 });
  leave();
  await vi.waitFor(() => expect(left).toEqual(["mission:m1"]));
});

test("a server that says resync makes the pages fetch again, and counts from there", async () => {
  connection.open(url);
  await reaches("live");
  sockets.emit("resync", { seq: 9000 });
  await vi.waitFor(() => expect(resyncs).toBe(2));
  connection.join("mission:m2");
  await vi.waitFor(() => expect(wishes.at(-1)).toEqual({ topics: ["mission:m2"], after: 9000 }));
});

test("a refused connection leaves the pages polling", async () => {
  sockets.use((_, next) => next(new Error("no_credentials")));
  connection.open(url);
  await reaches("polling");
});

test("a server that answers nothing leaves the pages polling too", async () => {
  sockets.removeAllListeners("connection");
  connection.open(url);
  await reaches("polling");
}, 15_000);

test("an event that is none is passed over", async () => {
  connection.open(url);
  await reaches("live");
  sockets.emit("event", "nonsense");
  sockets.emit("event", { seq: 58, type: "mission.moved" });
  await vi.waitFor(() => expect(events).toHaveLength(1));
});
