import type { ComponentChildren, InputHTMLAttributes, VNode } from "preact";
import { useContext, useId } from "preact/hooks";
import { sentence } from "../api/trouble";
import { FormContext } from "./form";

interface Labelled {
  label: string;
  hint?: ComponentChildren;
  /** The input field of the API, whose mistakes stand beside the control. */
  name?: string;
}

interface FieldProps extends Labelled {
  children: (control: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean }) => VNode;
}

/** A control with its label, its hint and what its form has to say of it. */
export function Field({ label, hint, name, children }: FieldProps): VNode {
  const id = useId();
  const { mistakes } = useContext(FormContext);
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

type InputSettings = Pick<InputHTMLAttributes, "type" | "autocomplete" | "maxLength" | "min" | "max" | "required">;

interface TextInputProps extends Labelled, InputSettings {
  value: string;
  change: (value: string) => void;
}

/** One line of text, or what a browser makes of such a line: a number, a day, a password. */
export function TextInput({ label, hint, name, change, ...input }: TextInputProps): VNode {
  return (
    <Field label={label} hint={hint} name={name}>
      {(control) => <input {...control} {...input} onInput={(event) => change(event.currentTarget.value)} />}
    </Field>
  );
}

interface SelectProps<Value extends string> extends Labelled {
  value: Value;
  change: (value: Value) => void;
  /** Options, whose values are all of the type. */
  children: ComponentChildren;
}

export function Select<Value extends string>({ value, change, children, ...labelled }: SelectProps<Value>): VNode {
  return (
    <Field {...labelled}>
      {(control) => (
        <select {...control} value={value} onChange={(event) => change(event.currentTarget.value as Value)}>
          {children}
        </select>
      )}
    </Field>
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
