import { useEffect } from "preact/hooks";

/** The window's title says which page this is. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Pathwright`;
  }, [title]);
}
