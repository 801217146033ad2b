/** The keyboard shortcuts: "g o" goes to the overview, and so on. Never while somebody types. */
import { useEffect, useEffectEvent, useRef } from "react";
import { useNavigate } from "react-router";

export const SHORTCUTS = [
  { keys: "g o", does: "Go to the overview" },
  { keys: "g m", does: "Go to the missions" },
  { keys: "n", does: "New mission" },
  { keys: "t", does: "Change the theme" },
  { keys: "?", does: "Show these shortcuts" },
  { keys: "Esc", does: "Close a dialog" },
] as const;

const KEY = "rex-shortcuts";
const SECOND_KEY_MS = 1200;

interface Actions {
  toggleTheme: () => void;
  showShortcuts: () => void;
}

/** Single-letter shortcuts get in the way of speech input, so they can be turned off. */
export function shortcutsOn(): boolean {
  return localStorage.getItem(KEY) !== "off";
}

export function turnShortcuts(on: boolean): void {
  localStorage.setItem(KEY, on ? "on" : "off");
}

export function useShortcuts(actions: Actions): void {
  const navigate = useNavigate();
  const first = useRef({ key: "", at: 0 });

  function actionFor(after: string, key: string): (() => void) | undefined {
    if (after === "g") return { o: () => void navigate("/"), m: () => void navigate("/missions") }[key];
    return { n: () => void navigate("/missions/new"), t: actions.toggleTheme, "?": actions.showShortcuts }[key];
  }

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (isMeantForSomethingElse(event)) return;
    const after = event.timeStamp - first.current.at < SECOND_KEY_MS ? first.current.key : "";
    first.current = { key: event.key, at: event.timeStamp };
    const act = actionFor(after, event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });

  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function isMeantForSomethingElse(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  return (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    !shortcutsOn() ||
    target?.closest("input, textarea, select, dialog, [contenteditable]") != null
  );
}
