import type { ComponentChildren, VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  close: () => void;
  /** Beside the page rather than over its middle: for reading along. */
  side?: boolean;
  children: ComponentChildren;
}

/** The browser's own modal dialog: it keeps the focus, closes on Escape and gives the focus back. */
export function Dialog({ title, close, side, children }: DialogProps): VNode {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opened = dialog.current;
    const opener = document.activeElement;
    opened?.showModal();
    return () => {
      // Closing gives the focus back to what opened it; where that is gone, to the page.
      opened?.close();
      if (!opener?.isConnected) document.getElementById("main")?.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class={side ? "side" : undefined} aria-labelledby={id} onClose={close}>
      <div class="sheet">
        <header>
          <h2 id={id}>{title}</h2>
          <button type="button" class="quiet" onClick={close} aria-label="Close">
            ✕
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
