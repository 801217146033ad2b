/** One socket to the live server: topics, sequence numbers, and resuming where the last connection ended. */
import { io, type Socket } from "socket.io-client";

import { isRecord } from "../api/problem";
import { type LiveEvent, readEvent } from "./event";

/** polling: the socket cannot be had, so the pages ask the API every few seconds instead. */
export type LiveState = "connecting" | "live" | "reconnecting" | "polling";

interface Listeners {
  onEvent: (event: LiveEvent) => void;
  onResync: () => void;
}

const ATTEMPTS_BEFORE_POLLING = 2;
const REFUSED_RETRY_MS = 15_000;
const ACK_TIMEOUT_MS = 8_000;
/** Long enough for a restart of the live server; who waits longer shall know what to expect. */
const PATIENCE_MS = 6_000;

export class LiveConnection {
  state: LiveState = "connecting";
  #socket: Socket | null = null;
  readonly #listeners: Listeners;
  readonly #topics = new Map<string, number>();
  readonly #watchers = new Set<() => void>();
  #lastSeq: number | null = null;
  #failures = 0;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(topics: readonly string[], listeners: Listeners) {
    this.#listeners = listeners;
    for (const topic of topics) this.#topics.set(topic, 1);
  }

  open(url: string): void {
    const socket = io(url, {
      withCredentials: true,
      transports: ["websocket", "polling"],
      timeout: ACK_TIMEOUT_MS,
    });
    this.#socket = socket;
    this.#startPatience();
    socket.on("connect", () => void this.#subscribe(socket, [...this.#topics.keys()]));
    socket.on("disconnect", () => this.#lost(socket));
    socket.on("connect_error", () => this.#failed(socket));
    socket.on("event", (raw: unknown) => this.#receive(raw));
    socket.on("resync", (raw: unknown) => this.#resync(raw));
  }

  close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#patience);
    this.#socket?.off();
    this.#socket?.disconnect();
    this.#socket = null;
  }

  /** Listens to a topic until the returned function is called; joined twice means left only after both. */
  join(topic: string): () => void {
    const users = this.#topics.get(topic) ?? 0;
    this.#topics.set(topic, users + 1);
    if (users === 0 && this.#socket?.connected) void this.#subscribe(this.#socket, [topic]);
    return () => this.#leave(topic);
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  #leave(topic: string): void {
    const users = (this.#topics.get(topic) ?? 1) - 1;
    if (users > 0) {
      this.#topics.set(topic, users);
      return;
    }
    this.#topics.delete(topic);
    if (this.#socket?.connected) this.#socket.emit("unsubscribe", { topics: [topic] });
  }

  async #subscribe(socket: Socket, topics: string[]): Promise<void> {
    try {
      const wish = { topics, after: this.#lastSeq };
      const ack: unknown = await socket.timeout(ACK_TIMEOUT_MS).emitWithAck("subscribe", wish);
      if (!isRecord(ack) || ack.ok !== true) throw new Error("subscription refused");
      if (this.#lastSeq === null && typeof ack.seq === "number") this.#startedAt(ack.seq);
      this.#failures = 0;
      this.#enter("live");
    } catch {
      this.#enter("polling");
    }
  }

  /** The first subscription: what the pages fetched before it may be older than `seq`. */
  #startedAt(seq: number): void {
    this.#lastSeq = seq;
    this.#listeners.onResync();
  }

  #receive(raw: unknown): void {
    const event = readEvent(raw);
    if (event === null) return;
    this.#lastSeq = Math.max(this.#lastSeq ?? 0, event.seq);
    this.#listeners.onEvent(event);
  }

  #resync(raw: unknown): void {
    if (isRecord(raw) && typeof raw.seq === "number") this.#lastSeq = raw.seq;
    this.#listeners.onResync();
  }

  #lost(socket: Socket): void {
    this.#enter("reconnecting");
    this.#startPatience();
    this.#keepTrying(socket);
  }

  #failed(socket: Socket): void {
    this.#failures += 1;
    if (this.#failures >= ATTEMPTS_BEFORE_POLLING || !socket.active) this.#enter("polling");
    this.#keepTrying(socket);
  }

  /** A server that takes connections and says nothing causes no error for a long time. */
  #startPatience(): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      if (this.state !== "live") this.#enter("polling");
    }, PATIENCE_MS);
  }

  /** The library tries again by itself, except after the server's own No (an ended session, say). */
  #keepTrying(socket: Socket): void {
    if (socket.active) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => socket.connect(), REFUSED_RETRY_MS);
  }

  #enter(state: LiveState): void {
    if (this.state === state) return;
    this.state = state;
    for (const watcher of this.#watchers) watcher();
  }
}
