/** Who is signed in: read, begun with a key, a password or a one-time link, and ended. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, body, rememberCsrfToken } from "../../api/client";
import { keys } from "../../api/keys";
import { ApiProblem } from "../../api/problem";
import type { Credentials, Session } from "../../api/types";

const LINK = /^#sign-in=(.+)$/;

/** The session, or null when nobody is signed in. */
export function useSession() {
  return useQuery({ queryKey: keys.session, queryFn: readSession, retry: false, staleTime: Infinity });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: signIn,
    onSuccess: async (session) => {
      // A one-time link signs in while the page still asks who it is: that answer is older, and would sign out again.
      await client.cancelQueries({ queryKey: keys.session });
      client.setQueryData(keys.session, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.DELETE("/api/rex/session"),
    onSuccess: () => {
      client.setQueryData(keys.session, null);
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
    },
  });
}

/** Takes the token of a one-time link out of the address bar, so that it is neither bookmarked nor sent again. */
export function takeLinkToken(): string | null {
  const token = LINK.exec(location.hash)?.[1];
  if (token === undefined) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return decodeURIComponent(token);
}

async function readSession(): Promise<Session | null> {
  try {
    return remembered(body(await api.GET("/api/rex/session")));
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return null;
    throw error;
  }
}

async function signIn(credentials: Credentials): Promise<Session> {
  return remembered(body(await api.POST("/api/rex/session", { body: credentials })));
}

function remembered(session: Session): Session {
  rememberCsrfToken(session.csrf_token);
  return session;
}
