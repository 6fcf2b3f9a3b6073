import type { ComponentChildren, VNode } from "preact";
import { useId } from "preact/hooks";
import type { MistakeFragment } from "../../generated/operations";
import { sentence } from "../api/trouble";

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  /** The input field of the API, whose mistakes stand beside the control. */
  name?: string;
  mistakes?: readonly MistakeFragment[];
  children: (control: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean }) => VNode;
}

export function Field({ label, hint, name, mistakes = [], children }: FieldProps): VNode {
  const id = useId();
  const mistake = name ? mistakes.find((mistake) => mistake.field === name) : undefined;
  const described = [hint ? `${id}-hint` : "", mistake ? `${id}-mistake` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": Boolean(mistake) })}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {mistake && (
        <p class="mistake" id={`${id}-mistake`} role="alert">
          {sentence(mistake.message)}
        </p>
      )}
    </div>
  );
}

/** A closed set of the schema, as options of a select. */
export function Options({ labels }: { labels: Record<string, string> }): VNode {
  return (
    <>
      {Object.entries(labels).map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </>
  );
}

interface ChoiceProps<Value extends string> {
  legend: string;
  value: Value;
  options: readonly { value: Value; label: string }[];
  choose: (value: Value) => void;
}

/** A few options, all in sight: radio buttons that look like one switch. */
export function Switch<Value extends string>({ legend, value, options, choose }: ChoiceProps<Value>): VNode {
  const name = useId();
  return (
    <fieldset class="switch">
      <legend>{legend}</legend>
      <div>
        {options.map((option) => (
          <label key={option.value}>
            <input type="radio" name={name} checked={option.value === value} onChange={() => choose(option.value)} />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
