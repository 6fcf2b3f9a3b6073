/** Loading, empty, failed: every view shows them the same way. */
import type { ComponentChildren, VNode } from "preact";
import type { Read } from "../api/use";
import { type Trouble, sentence } from "../api/trouble";
import type { MistakeFragment } from "../../generated/operations";

/** Grey where text will stand; it keeps the room, so that nothing jumps. */
export function Skeleton({ lines = 6, label = "Loading" }: { lines?: number; label?: string }): VNode {
  return (
    <div class="skeleton" role="status">
      <span class="hidden">{label}…</span>
      {Array.from({ length: lines }, (_, at) => (
        <span key={at} class="bone" aria-hidden="true" />
      ))}
    </div>
  );
}

const WAYS_OUT: Record<string, string> = {
  BUSY: "Much is going on right now. Try again in a moment.",
  FORBIDDEN: "Sign in with another key under Settings, or ask whoever runs this server.",
  TOPIC_NOT_COVERED: "The library has no passage to write from. Look at other places to learn it on your path.",
  STORE_FULL: "The server's disk is full. Whoever runs it has to make room.",
  STORE_DAMAGED: "The server's database is damaged. Whoever runs it has to look after it.",
  BUDGET_SPENT: "The day's budget for language models is spent; it starts anew at midnight UTC.",
};

export function Failed({ trouble, again }: { trouble: Trouble; again?: (() => void) | undefined }): VNode {
  const wayOut =
    WAYS_OUT[trouble.code] ?? (trouble.unreachable ? "Check that Pathwright is running, then try again." : "");
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>{sentence(trouble.message)}</strong> {wayOut}
        {trouble.code && <code class="code-name">{trouble.code}</code>}
      </p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What the server asks to mend, for those fields that the form does not show beside themselves. */
export function Mistakes({
  list,
  shown = [],
}: {
  list: readonly MistakeFragment[];
  shown?: readonly string[];
}): VNode | null {
  const others = list.filter((mistake) => !shown.includes(mistake.field ?? ""));
  if (others.length === 0) return null;
  return (
    <div class="notice bad" role="alert">
      {others.map((mistake) => (
        <p key={mistake.message}>{sentence(mistake.message)}</p>
      ))}
    </div>
  );
}

interface TroublesProps {
  of: { trouble: Trouble | undefined; mistakes: readonly MistakeFragment[] };
  shown?: readonly string[];
}

/** All that a change came to grief over. */
export function Troubles({ of: { trouble, mistakes }, shown }: TroublesProps): VNode {
  return (
    <>
      {trouble && <Failed trouble={trouble} />}
      <Mistakes list={mistakes} {...(shown && { shown })} />
    </>
  );
}

interface LoadedProps<Data> {
  read: Read<Data>;
  lines?: number;
  children: (data: Data) => ComponentChildren;
}

/** What was read, once it is there. What is there stays while it is read again, and when that fails. */
export function Loaded<Data>({ read, lines, children }: LoadedProps<Data>): VNode {
  if (read.data === undefined) {
    return read.trouble ? <Failed trouble={read.trouble} again={read.again} /> : <Skeleton lines={lines ?? 6} />;
  }
  return (
    <>
      {read.trouble && <Failed trouble={read.trouble} again={read.again} />}
      {children(read.data)}
    </>
  );
}

export function Empty({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
