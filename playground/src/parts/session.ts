import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** Begins anew with another key or another learner. */
export const SessionContext = createContext<() => void>(() => undefined);

export function useRenew(): () => void {
  return useContext(SessionContext);
}
