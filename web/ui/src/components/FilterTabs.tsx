/** One choice out of a few, as a row of buttons above a list. */

interface Props<T extends string> {
  label: string;
  value: T | null;
  options: readonly { value: T | null; label: string }[];
  onChange: (value: T | null) => void;
}

export function FilterTabs<T extends string>({ label, value, options, onChange }: Props<T>) {
  return (
    <div className="filters" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value ?? ""}
          type="button"
          className="filters__option"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
