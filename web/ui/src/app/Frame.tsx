/** What stands around every page: skip link, header, and the shortcuts. */
import { useEffect, useRef, useState } from "react";
import { Outlet, useLocation } from "react-router";

import type { Session } from "../api/types";
import { Header } from "./Header";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { useShortcuts } from "./shortcuts";
import { useThemeToggle } from "./useThemeToggle";

export function Frame({ session }: { session: Session }) {
  const [showShortcuts, setShowShortcuts] = useState(false);
  const [theme, toggleTheme] = useThemeToggle();
  useShortcuts({ toggleTheme, showShortcuts: () => setShowShortcuts(true) });
  const main = useFocusAfterNavigation();
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <Header
        session={session}
        theme={theme}
        onToggleTheme={toggleTheme}
        onShowShortcuts={() => setShowShortcuts(true)}
      />
      <main ref={main} id="main" className="page" tabIndex={-1}>
        <Outlet />
      </main>
      {showShortcuts && <ShortcutsDialog onClose={() => setShowShortcuts(false)} />}
    </>
  );
}

/** A new page begins at its top, for the eye and for a screen reader alike. */
function useFocusAfterNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
