import type { ComponentChildren, VNode } from "preact";
import type { MistakeFragment } from "../../generated/operations";
import type { Trouble } from "../api/trouble";
import { Dialog } from "./dialog";
import { Troubles } from "./states";

interface ConfirmProps {
  title: string;
  /** What the button that goes through with it says. */
  verb: string;
  change: { busy: boolean; trouble: Trouble | undefined; mistakes: readonly MistakeFragment[] };
  run: () => void;
  close: () => void;
  children: ComponentChildren;
}

/** Asked before something goes for good. */
export function Confirm({ title, verb, change, run, close, children }: ConfirmProps): VNode {
  return (
    <Dialog title={title} close={close}>
      <p>{children}</p>
      <Troubles of={change} />
      <div class="buttons">
        <button type="button" class="danger" disabled={change.busy} onClick={run}>
          {verb}
        </button>
        <button type="button" onClick={close}>
          Keep it
        </button>
      </div>
    </Dialog>
  );
}
