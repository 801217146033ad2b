/** Takes a CSV by choice or by drop, imports it, and says what became of its rows. */
import { type DragEvent, useId, useState } from "react";

import type { LeadImport } from "../../api/types";
import { ProblemNotice } from "../../components/ProblemNotice";
import { ImportResult } from "./ImportResult";
import { useImportLeads } from "./imports";

interface Props {
  result: LeadImport | null;
  onImported: (result: LeadImport) => void;
}

export function UploadList({ result, onImported }: Props) {
  const upload = useImportLeads();
  const [over, setOver] = useState(false);
  const id = useId();

  function take(file: File | undefined) {
    if (file !== undefined) upload.mutate(file, { onSuccess: onImported });
  }

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  }

  return (
    <>
      {/* Dropping a file is an extra; the control inside does the same with keyboard and pointer. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div
        className={over ? "drop drop--over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <label htmlFor={id}>{upload.isPending ? "Importing…" : "CSV file"}</label>
        <input
          id={id}
          type="file"
          accept=".csv,text/csv"
          disabled={upload.isPending}
          aria-describedby={`${id}-hint`}
          onChange={(event) => take(event.target.files?.[0])}
        />
        <p className="field__hint" id={`${id}-hint`}>
          An export of your CRM with an e-mail column, as it is. Columns are recognised; a row that cannot be used is
          reported with its line.
        </p>
      </div>
      {upload.error && <ProblemNotice error={upload.error} />}
      {result !== null && !upload.isPending && <ImportResult result={result} />}
    </>
  );
}
