/** Panels of which one is shown; the arrow keys move between their tabs. */
import { type KeyboardEvent, type ReactNode, useId } from "react";

interface Tab<T extends string> {
  value: T;
  label: string;
  panel: ReactNode;
}

interface Props<T extends string> {
  label: string;
  selected: T;
  tabs: readonly Tab<T>[];
  onSelect: (value: T) => void;
}

const STEP: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };

export function Tabs<T extends string>({ label, selected, tabs, onSelect }: Props<T>) {
  const id = useId();
  const position = tabs.findIndex((tab) => tab.value === selected);

  function move(event: KeyboardEvent<HTMLDivElement>) {
    const step = STEP[event.key];
    const target = step === undefined ? undefined : tabs[(position + step + tabs.length) % tabs.length];
    if (target === undefined) return;
    onSelect(target.value);
    document.getElementById(`${id}-${target.value}`)?.focus();
  }

  return (
    <>
      <div className="tabs" role="tablist" aria-label={label} tabIndex={-1} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.value}
            id={`${id}-${tab.value}`}
            type="button"
            role="tab"
            className="tabs__tab"
            aria-selected={tab.value === selected}
            aria-controls={`${id}-panel`}
            tabIndex={tab.value === selected ? 0 : -1}
            onClick={() => onSelect(tab.value)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${selected}`}>
        {tabs[position]?.panel}
      </div>
    </>
  );
}
