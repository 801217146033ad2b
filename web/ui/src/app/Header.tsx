/** The bar on top: where one can go, whether the page is live, and who is signed in. */
import { Link, NavLink } from "react-router";

import type { Session } from "../api/types";
import { useSignOut } from "../features/session/session";
import { LiveBadge } from "./LiveBadge";
import { Logo } from "./Logo";
import type { Theme } from "./theme";

interface Props {
  session: Session;
  theme: Theme;
  onToggleTheme: () => void;
  onShowShortcuts: () => void;
}

const THEME_SIGN: Record<Theme, string> = { system: "◐", light: "☀", dark: "☾" };

export function Header({ session, theme, onToggleTheme, onShowShortcuts }: Props) {
  const signOut = useSignOut();
  return (
    <header className="header">
      <div className="header__inner">
        <Link to="/" className="header__home" aria-label="REX, overview">
          <Logo />
        </Link>
        <nav className="nav" aria-label="Pages">
          <NavLink to="/" end>
            Overview
          </NavLink>
          <NavLink to="/missions">Missions</NavLink>
        </nav>
        <LiveBadge />
        <div className="header__tools">
          <span className="header__tenant" title={`${session.name}, ${session.role}`}>
            {session.tenant.name}
          </span>
          <button
            type="button"
            className="button button--quiet"
            onClick={onToggleTheme}
            aria-label={`Theme: ${theme}. Change it`}
            title={`Theme: ${theme}`}
          >
            {THEME_SIGN[theme]}
          </button>
          <button
            type="button"
            className="button button--quiet header__shortcuts"
            onClick={onShowShortcuts}
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts"
          >
            ?
          </button>
          <button
            type="button"
            className="button button--quiet"
            disabled={signOut.isPending}
            onClick={() => signOut.mutate()}
          >
            Sign out
          </button>
        </div>
      </div>
    </header>
  );
}
