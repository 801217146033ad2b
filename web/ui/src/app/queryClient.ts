/** The cache of everything the API said; an ended session leads back to the sign-in page. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { keys } from "../api/keys";
import { ApiProblem } from "../api/problem";

export function createQueryClient(): QueryClient {
  const onError = (error: Error) => {
    if (error instanceof ApiProblem && error.status === 401) client.setQueryData(keys.session, null);
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        // A refusal will be the same the next time; a server that is away may be back.
        retry: (failures, error) => !(error instanceof ApiProblem) && failures < 2,
      },
    },
  });
  return client;
}
