/** The making of a path as it happens. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import {
  type GenerationState,
  type GenerationStep,
  PathGenerationDocument,
  type PathGenerationSubscription,
} from "../../generated/operations";
import { useSocket } from "./socket";
import type { Trouble } from "./trouble";

type Event = PathGenerationSubscription["pathGeneration"];

export interface Judged {
  id: string;
  title: string;
  covered: boolean;
  source: NonNullable<Event["coverage"]>["source"];
}

export interface Making {
  seq: number;
  state: GenerationState;
  step: GenerationStep | null;
  done: number;
  total: number;
  percent: number;
  message: string;
  judged: readonly Judged[];
  error: Trouble | undefined;
}

export const BEGINNING: Making = {
  seq: 0,
  state: "QUEUED",
  step: null,
  done: 0,
  total: 0,
  percent: 0,
  message: "",
  judged: [],
  error: undefined,
};

/** What is known after an event; one that was seen before changes nothing. */
export function after(making: Making, event: Event): Making {
  if (event.seq <= making.seq) return making;
  const { seq, state, step, done, total, percent, message, topic, coverage } = event;
  const judged =
    topic && coverage
      ? [...making.judged, { id: topic.id, title: topic.title, covered: coverage.covered, source: coverage.source }]
      : making.judged;
  return {
    seq,
    state,
    step: step ?? making.step,
    done,
    total,
    percent,
    message,
    judged,
    error: event.error ?? undefined,
  };
}

export function isOver(state: GenerationState): boolean {
  return state === "COMPLETED" || state === "FAILED" || state === "CANCELLED";
}

export function useMaking(id: string): { making: Making; trouble: Trouble | undefined; again: () => void } {
  const { follow } = useSocket();
  const [making, setMaking] = useState(BEGINNING);
  const [trouble, setTrouble] = useState<Trouble>();
  const [tries, setTries] = useState(0);
  const lastRef = useRef(0);
  useEffect(() => {
    lastRef.current = 0;
    setMaking(BEGINNING);
    setTrouble(undefined);
    return follow(PathGenerationDocument, () => ({ id, after: lastRef.current || null }), {
      next: ({ pathGeneration }) => {
        lastRef.current = Math.max(lastRef.current, pathGeneration.seq);
        setMaking((before) => after(before, pathGeneration));
      },
      failed: setTrouble,
    });
  }, [follow, id, tries]);
  const again = useCallback(() => setTries((count) => count + 1), []);
  return { making, trouble, again };
}
