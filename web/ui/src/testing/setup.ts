/** What every test finds: matchers, a clean page, and the parts of <dialog> that jsdom lacks. */
import "@testing-library/jest-dom/vitest";

import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

if (typeof document !== "undefined") {
  const dialog = HTMLDialogElement.prototype as Partial<HTMLDialogElement>;
  if (dialog.showModal === undefined) {
    Object.assign(dialog, {
      showModal(this: HTMLDialogElement) {
        this.open = true;
      },
      close(this: HTMLDialogElement) {
        this.open = false;
      },
    });
  }
  window.scrollTo = () => undefined;
}

afterEach(() => {
  if (typeof document === "undefined") return;
  cleanup();
  localStorage.clear();
  history.replaceState(null, "", "/");
});
