/** The learner whose pages these are, read once for all of them. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { StandingFragment } from "../../generated/operations";

export interface Learner {
  userId: string;
  /** Null until something is known of them. */
  user: StandingFragment | null;
  /** The server knows the learner by their key: no operator's page. */
  isLearnersKey: boolean;
}

export const LearnerContext = createContext<Learner>({ userId: "", user: null, isLearnersKey: false });

export function useLearner(): Learner {
  return useContext(LearnerContext);
}
