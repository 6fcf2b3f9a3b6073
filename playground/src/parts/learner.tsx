/** The learner whose pages these are, read once for all of them. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { StandingFragment } from "../../generated/operations";

export interface Learner {
  userId: string;
  /** Null until something is known of them. */
  user: StandingFragment | null;
  /** A learner's own key: no operator's page. */
  isKeyed: boolean;
}

export const LearnerContext = createContext<Learner>({ userId: "", user: null, isKeyed: false });

export function useLearner(): Learner {
  return useContext(LearnerContext);
}
