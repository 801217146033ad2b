/** Which people a mission is for: a list uploaded now, one uploaded before, or everybody. */
import { useState } from "react";

import type { LeadImport, MissionRequest } from "../../api/types";
import { Field } from "../../components/Field";
import { count, counted, dateTime } from "../../components/format";
import { UploadList } from "../leads/UploadList";
import { useImports } from "../leads/imports";

export type Audience = NonNullable<MissionRequest["audience"]>;
type Way = "upload" | "earlier" | "all";

interface Props {
  leads: number;
  onChange: (audience: Audience | null) => void;
}

export function AudienceFields({ leads, onChange }: Props) {
  const [way, setWay] = useState<Way>("upload");
  const [uploaded, setUploaded] = useState<LeadImport | null>(null);
  const { data: imports = [] } = useImports();

  function choose(chosen: Way) {
    setWay(chosen);
    if (chosen === "all") onChange({ all: true });
    else if (chosen === "earlier") onChange(imports[0] ? { import_id: imports[0].id } : null);
    else onChange(uploaded && { import_id: uploaded.id });
  }

  return (
    <>
      <div className="choices">
        <Choice way="upload" chosen={way} onChoose={choose} text="Upload a list" />
        <Choice way="earlier" chosen={way} onChoose={choose} text="A list uploaded before" disabled={imports.length === 0} />
        <Choice way="all" chosen={way} onChoose={choose} text={`Everybody (${counted(leads, "lead")})`} disabled={leads === 0} />
      </div>
      {way === "upload" && (
        <UploadList
          result={uploaded}
          onImported={(result) => {
            setUploaded(result);
            onChange({ import_id: result.id });
          }}
        />
      )}
      {way === "earlier" && <EarlierLists imports={imports} onChoose={(id) => onChange({ import_id: id })} />}
    </>
  );
}

interface ChoiceProps {
  way: Way;
  chosen: Way;
  text: string;
  disabled?: boolean;
  onChoose: (way: Way) => void;
}

function Choice({ way, chosen, text, disabled = false, onChoose }: ChoiceProps) {
  return (
    <label className="check">
      <input type="radio" name="audience" checked={way === chosen} disabled={disabled} onChange={() => onChoose(way)} />
      {text}
    </label>
  );
}

function EarlierLists({ imports, onChoose }: { imports: readonly LeadImport[]; onChoose: (id: string) => void }) {
  return (
    <Field label="List">
      {(ids) => (
        <select {...ids} onChange={(event) => onChoose(event.target.value)}>
          {imports.map((list) => (
            <option key={list.id} value={list.id}>
              {list.filename}, {count(list.members)} people, {dateTime(list.created_at)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
