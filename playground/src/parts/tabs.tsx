import type { ComponentChildren, VNode } from "preact";
import { useId, useRef } from "preact/hooks";

interface TabsProps<Value extends string> {
  label: string;
  tabs: readonly { value: Value; label: string }[];
  value: Value;
  choose: (value: Value) => void;
  children: ComponentChildren;
}

/**
 * Tabs as the ARIA practices describe them where a panel takes time: one stop for the tab key, arrows go from tab to tab,
 * and Enter or the space bar chooses. Going past a tab asks nobody to write anything.
 */
export function Tabs<Value extends string>({ label, tabs, value, choose, children }: TabsProps<Value>): VNode {
  const id = useId();
  const row = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const buttons = [...(row.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    buttons[(step + tabs.length) % tabs.length]?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={row}>
        {tabs.map((tab) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            id={`${id}-${tab.value}`}
            aria-selected={tab.value === value}
            aria-controls={`${id}-panel`}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => choose(tab.value)}
            onKeyDown={move}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div class="panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} tabIndex={0}>
        {children}
      </div>
    </>
  );
}
