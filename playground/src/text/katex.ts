import katex from "katex";
import "katex/dist/katex.min.css";

/** Untrusted TeX: no links, no files, no endless macros, no giant boxes. Elements are made one by one, never from HTML. */
export function render(tex: string, place: HTMLElement, displayMode: boolean): void {
  try {
    katex.render(tex, place, {
      displayMode,
      trust: false,
      strict: "ignore",
      maxExpand: 200,
      maxSize: 20,
      throwOnError: true,
    });
  } catch {
    place.textContent = tex;
  }
}
