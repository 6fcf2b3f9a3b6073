/** A piece as it is being written. */
import { useCallback, useEffect, useState } from "preact/hooks";
import {
  type ContentInput,
  type ContentKind,
  ContentStreamDocument,
  type ContentStreamSubscription,
  type PieceFragment,
} from "../../generated/operations";
import { useSocket } from "./socket";
import type { Trouble } from "./trouble";

type Chunk = ContentStreamSubscription["contentStream"];

export interface Writing {
  /** Markdown so far. */
  text: string;
  /** The finished piece. */
  piece: PieceFragment | undefined;
  trouble: Trouble | undefined;
}

export const BLANK: Writing = { text: "", piece: undefined, trouble: undefined };

/** What is known after a chunk. The first one begins anew, so that a stream asked for again repeats nothing. */
export function written(before: Writing, chunk: Chunk): Writing {
  const text = chunk.restart || chunk.seq === 1 ? chunk.delta : before.text + chunk.delta;
  return {
    text: chunk.content?.markdown ?? text,
    piece: chunk.content ?? undefined,
    trouble: chunk.error ?? undefined,
  };
}

export function useWriting(userId: string, topicId: string, kind: ContentKind): Writing & { again: () => void } {
  const { follow } = useSocket();
  const [writing, setWriting] = useState(BLANK);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    setWriting(BLANK);
    const input = { userId, topicId, kind } as ContentInput;
    return follow(ContentStreamDocument, () => ({ input }), {
      next: ({ contentStream }) => setWriting((before) => written(before, contentStream)),
      failed: (trouble) => setWriting((before) => ({ ...before, trouble })),
    });
  }, [follow, userId, topicId, kind, tries]);
  const again = useCallback(() => setTries((count) => count + 1), []);
  return { ...writing, again };
}
