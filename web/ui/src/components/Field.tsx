/** A labelled form control with its hint; the child takes the ids. */
import { type ReactNode, useId } from "react";

interface ControlIds {
  id: string;
  "aria-describedby": string | undefined;
}

interface Props {
  label: string;
  hint?: string;
  children: (ids: ControlIds) => ReactNode;
}

export function Field({ label, hint, children }: Props) {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": hint === undefined ? undefined : hintId })}
      {hint !== undefined && (
        <p className="field__hint" id={hintId}>
          {hint}
        </p>
      )}
    </div>
  );
}
