/** Lists of leads: uploading one, and those uploaded before. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, body, csrfHeader, newIdempotencyKey } from "../../api/client";
import { keys } from "../../api/keys";
import { problemFrom } from "../../api/problem";
import type { LeadImport } from "../../api/types";

export function useImports() {
  return useQuery({
    queryKey: keys.imports,
    queryFn: async () => body(await api.GET("/api/rex/leads/imports")).items,
  });
}

export function useImportLeads() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: upload,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.imports }),
  });
}

/** Not through the typed client: a file goes as multipart, streamed by the browser. */
async function upload(file: File): Promise<LeadImport> {
  const form = new FormData();
  form.set("file", file);
  const response = await fetch("/api/rex/leads/import", {
    method: "POST",
    body: form,
    credentials: "same-origin",
    headers: { ...csrfHeader(), "Idempotency-Key": newIdempotencyKey() },
  });
  if (!response.ok) throw await problemFrom(response);
  return (await response.json()) as LeadImport;
}
