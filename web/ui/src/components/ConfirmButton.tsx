/** A button whose action is asked for twice. */
import { useState } from "react";

import { Dialog } from "./Dialog";

interface Props {
  label: string;
  title: string;
  text: string;
  confirm: string;
  busy: boolean;
  onConfirm: () => void;
}

export function ConfirmButton({ label, title, text, confirm, busy, onConfirm }: Props) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" className="button button--danger" disabled={busy} onClick={() => setAsking(true)}>
        {label}
      </button>
      {asking && (
        <Dialog title={title} onClose={() => setAsking(false)}>
          <p>{text}</p>
          <div className="dialog__actions">
            <button type="button" className="button" onClick={() => setAsking(false)}>
              Go back
            </button>
            <button
              type="button"
              className="button button--danger-solid"
              onClick={() => {
                setAsking(false);
                onConfirm();
              }}
            >
              {confirm}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
