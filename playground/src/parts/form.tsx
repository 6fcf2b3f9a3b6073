/** A form: what it sends, what that came to, and what its fields have to know of it. */
import { type ComponentChildren, createContext, type VNode } from "preact";
import { useContext } from "preact/hooks";
import type { MistakeFragment } from "../../generated/operations";
import type { Trouble } from "../api/trouble";
import { Failed, Mistakes } from "./states";

/** Of a change that a form makes. */
export interface Outcome {
  busy: boolean;
  trouble: Trouble | undefined;
  mistakes: readonly MistakeFragment[];
}

export const FormContext = createContext<Pick<Outcome, "busy" | "mistakes">>({ busy: false, mistakes: [] });

interface FormProps {
  send: () => void | Promise<void>;
  /** What sending it changes, in this order. */
  changes?: readonly Outcome[];
  /** Fields in sight, by their names in the API: they tell their mistakes themselves, the form tells all others. */
  fields?: readonly string[];
  /** Its last row: the button that sends it, and what stands beside that. */
  actions?: ComponentChildren;
  class?: string;
  role?: "search";
  children: ComponentChildren;
}

export function Form({ send, changes = [], fields = [], actions, children, ...look }: FormProps): VNode {
  const busy = changes.some((change) => change.busy);
  const mistakes = changes.flatMap((change) => change.mistakes);
  return (
    <form
      {...look}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <FormContext.Provider value={{ busy, mistakes }}>
        {children}
        {changes.map(({ trouble }, at) => trouble && <Failed key={at} trouble={trouble} />)}
        <Mistakes list={mistakes} shown={fields} />
        {actions && <div class="buttons">{actions}</div>}
      </FormContext.Provider>
    </form>
  );
}

interface SubmitProps {
  /** Whether there is enough to send. */
  isReady?: boolean;
  /** What it says while the form is under way. */
  working?: string | undefined;
  /** Without the colour of a page's main button. */
  isPlain?: boolean;
  children: string;
}

/** Sends its form, once at a time. */
export function Submit({ isReady = true, working, isPlain = false, children }: SubmitProps): VNode {
  const { busy } = useContext(FormContext);
  return (
    <button type="submit" class={isPlain ? undefined : "primary"} disabled={!isReady || busy}>
      {busy && working ? working : children}
    </button>
  );
}
