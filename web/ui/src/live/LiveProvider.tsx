/** Keeps the socket open while somebody is signed in and feeds its events into the query cache. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";

import { keys } from "../api/keys";
import { applyEvent } from "./apply";
import { LiveConnection } from "./connection";
import { LiveContext } from "./context";
import { Refresh } from "./refresh";

/** Rare, and what a person waits for. */
const URGENT = /^(mission\.(moved|paused|resumed|submitted)|system\.|error\.)/;

const TOPICS = ["missions", "agents", "errors", "system"];

export function LiveProvider({ url, children }: { url: string | undefined; children: ReactNode }) {
  const client = useQueryClient();
  const [connection] = useState(() => connectionFor(client));
  useEffect(() => {
    if (url === undefined) return undefined;
    connection.open(url);
    return () => connection.close();
  }, [connection, url]);
  return <LiveContext value={connection}>{children}</LiveContext>;
}

function connectionFor(client: QueryClient): LiveConnection {
  const refresh = new Refresh(client);
  return new LiveConnection(TOPICS, {
    onEvent: (event) => refresh.ask(applyEvent(client, event), { urgent: URGENT.test(event.type) }),
    onResync: () => void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] }),
  });
}
