import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** KaTeX is larger than everything else together, so it comes with the first formula. */
let katex: Promise<typeof import("./katex")> | undefined;

/** A formula; its source until KaTeX is there, and where KaTeX cannot read it. */
export function Formula({ tex, display }: { tex: string; display: boolean }): VNode {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    let wanted = true;
    katex ??= import("./katex");
    katex.then(
      ({ render }) => {
        if (wanted && place.current) render(tex, place.current, display);
      },
      () => {
        // Offline: the source stays, and the next formula tries again.
        katex = undefined;
      },
    );
    return () => {
      wanted = false;
    };
  }, [tex, display]);
  // The key keeps KaTeX's elements apart from ours: a changed formula gets a place of its own.
  // A wide one scrolls by itself, with the keyboard too.
  const scrolls = display ? ({ role: "group", "aria-label": "Formula", tabIndex: 0 } as const) : {};
  return (
    <span key={tex} ref={place} class={display ? "formula display" : "formula"} {...scrolls}>
      {tex}
    </span>
  );
}
