/** The browser tab says which page it shows. */
import { useEffect } from "react";

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · REX`;
  }, [title]);
}
