/** The form of a new mission. */
import { type ReactNode, type SubmitEvent, useState } from "react";

import type { MissionRequest, Settings } from "../../api/types";
import { Field } from "../../components/Field";
import { formText } from "../../components/formText";
import { AudienceFields, type Audience } from "./AudienceFields";
import { WritingFields } from "./WritingFields";

interface Props {
  settings: Settings;
  leads: number;
  busy: boolean;
  onSubmit: (request: MissionRequest) => void;
  children: ReactNode;
}

export function NewMissionForm({ settings, leads, busy, onSubmit, children }: Props) {
  const [audience, setAudience] = useState<Audience | null>(null);

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (audience !== null) onSubmit(requestFrom(new FormData(event.currentTarget), audience));
  }

  return (
    <form className="stack" onSubmit={submit}>
      <fieldset className="card">
        <legend>People</legend>
        <AudienceFields leads={leads} onChange={setAudience} />
      </fieldset>
      <fieldset className="card">
        <legend>Message</legend>
        <WritingFields offer={settings.offer} />
      </fieldset>
      <fieldset className="card">
        <legend>Sender</legend>
        <SenderFields settings={settings} />
      </fieldset>
      <fieldset className="card">
        <legend>Mission</legend>
        <Field label="Name" hint="For your lists only. Left empty, it gets one.">
          {(ids) => <input {...ids} name="name" maxLength={120} />}
        </Field>
      </fieldset>
      {children}
      <div className="form__end">
        <button type="submit" className="button button--primary" disabled={busy || audience === null}>
          {busy ? "Submitting…" : "Start the mission"}
        </button>
        {audience === null && <span className="field__hint">Choose the people first.</span>}
      </div>
    </form>
  );
}

function SenderFields({ settings }: { settings: Settings }) {
  return (
    <>
      <div className="pair">
        <Field label="Name">
          {(ids) => <input {...ids} name="sender_name" required autoComplete="name" defaultValue={settings.sender_name} />}
        </Field>
        <Field label="E-mail">
          {(ids) => (
            <input {...ids} name="sender_email" type="email" required autoComplete="email" defaultValue={settings.sender_email} />
          )}
        </Field>
      </div>
      <Field label="Postal address" hint="The law asks for it in every message.">
        {(ids) => (
          <input
            {...ids}
            name="postal_address"
            required
            autoComplete="street-address"
            defaultValue={settings.postal_address}
          />
        )}
      </Field>
    </>
  );
}

function requestFrom(form: FormData, audience: Audience): MissionRequest {
  const text = (name: string) => formText(form, name).trim();
  const name = text("name");
  const framework = text("framework") as NonNullable<MissionRequest["framework"]> | "";
  return {
    type: "lead_reactivation",
    audience,
    offer: text("offer"),
    sender: { name: text("sender_name"), email: text("sender_email"), postal_address: text("postal_address") },
    autonomy: text("autonomy") as NonNullable<MissionRequest["autonomy"]>,
    ...(name !== "" && { name }),
    ...(framework !== "" && { framework }),
  };
}
