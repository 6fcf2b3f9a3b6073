/** The reading view: a piece as it is written, its citations, the books behind it. */
import type { VNode } from "preact";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import {
  type CitedPassageFragment,
  CompleteTopicDocument,
  type ContentKind,
  CoverageDocument,
  PathDocument,
  type PieceFragment,
  type PlacedTopicFragment,
  ReopenTopicDocument,
  StartTopicDocument,
  type VerdictFragment,
} from "../../generated/operations";
import { useChange, useRead } from "../api/use";
import { sentence } from "../api/trouble";
import { useWriting } from "../api/writing";
import { Dialog } from "../parts/dialog";
import { hours, KINDS, percent, place } from "../parts/format";
import { useLearner } from "../parts/learner";
import { Failed, Loaded, Skeleton, Troubles } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { useTitle } from "../parts/title";
import { Resources } from "../parts/uncovered";
import { Markdown } from "../text/markdown";
import { PassageText } from "../text/passage";

const TABS = (Object.keys(KINDS) as ContentKind[]).map((value) => ({ value, label: KINDS[value] }));

export function Topic({ id }: { id: string }): VNode {
  const { userId } = useLearner();
  const path = useRead(PathDocument, { userId }, { about: "User" });
  const coverage = useRead(CoverageDocument, { topic: id });
  const placed = path.data?.user?.learningPath?.stages
    .flatMap((stage) => stage.topics)
    .find((topic) => topic.id === id);
  const title = placed?.title ?? coverage.data?.coverage.topic.title;
  useTitle(title ?? "A topic");
  return (
    <article class="reading">
      <p class="eyebrow">
        <Link href="/path">Your path</Link>
      </p>
      <h1>{title ?? "\u00a0"}</h1>
      {/* The path first: what stands above the text is there when the text comes. */}
      <Loaded read={path} lines={3}>
        {() => (
          <>
            {placed && <Standing topic={placed} />}
            <Loaded read={coverage} lines={8}>
              {({ coverage: verdict }) =>
                verdict.covered || placed ? <Read id={id} verdict={verdict} /> : <NotCovered verdict={verdict} />
              }
            </Loaded>
          </>
        )}
      </Loaded>
    </article>
  );
}

function NotCovered({ verdict }: { verdict: VerdictFragment }): VNode {
  return (
    <div class="notice">
      <p>
        <strong>The library does not cover this topic.</strong> Here is where else to learn it:
      </p>
      <Resources list={verdict.externalResources} />
    </div>
  );
}

/** Where the learner stands with it. Opening the page is beginning with the topic. */
function Standing({ topic }: { topic: PlacedTopicFragment }): VNode {
  const { userId, user } = useLearner();
  const start = useChange(StartTopicDocument);
  const complete = useChange(CompleteTopicDocument);
  const reopen = useChange(ReopenTopicDocument);
  const { id, started } = topic;
  const begin = start.run;
  useEffect(() => {
    if (!started) void begin({ input: { userId, topicId: id } });
  }, [userId, id, started, begin]);
  const change = topic.completed ? reopen : complete;
  const next = user?.nextTopic;
  return (
    <>
      <div class="standing">
        <p>
          {topic.source ? place(topic.source) : "A reviewer vouches for it"} · {hours(topic.hours)}
        </p>
        <button
          type="button"
          class={topic.completed ? undefined : "primary"}
          disabled={change.busy}
          onClick={() => void change.run({ input: { userId, topicId: id } })}
        >
          {topic.completed ? "Open it again" : "Mark as completed"}
        </button>
      </div>
      <p class="done-note" role="status">
        {topic.completed && (
          <>
            ✓ Completed.{" "}
            {next && next.id !== topic.id && (
              <Link href={`/topic/${encodeURIComponent(next.id)}`}>Go on with {next.title}</Link>
            )}
          </>
        )}
      </p>
      {[start, complete, reopen].map((change, at) => (
        <Troubles key={at} of={change} />
      ))}
      {topic.prerequisites.length > 0 && (
        <p class="needs">
          <span>Comes after</span>{" "}
          {topic.prerequisites.map((needed) => (
            <Link key={needed.topicId} href={`/topic/${encodeURIComponent(needed.topicId)}`}>
              {needed.title}
            </Link>
          ))}
        </p>
      )}
    </>
  );
}

function Read({ id, verdict }: { id: string; verdict: VerdictFragment }): VNode {
  const [kind, setKind] = useState<ContentKind>("EXPLANATION");
  const [opened, setOpened] = useState<CitedPassageFragment>();
  const open = useCallback((passage: CitedPassageFragment) => setOpened(passage), []);
  return (
    <>
      <Tabs label="What to read" tabs={TABS} value={kind} choose={setKind}>
        <Piece key={kind} topicId={id} kind={kind} open={open} />
      </Tabs>
      <Passages verdict={verdict} open={open} />
      {opened && <PassageSheet passage={opened} close={() => setOpened(undefined)} />}
    </>
  );
}

interface PieceProps {
  topicId: string;
  kind: ContentKind;
  open: (passage: CitedPassageFragment) => void;
}

function Piece({ topicId, kind, open }: PieceProps): VNode {
  const { userId } = useLearner();
  const { text, piece, trouble, again } = useWriting(userId, topicId, kind);
  const cited = useMemo(() => new Map(piece?.citations.map(({ marker, passage }) => [marker, passage])), [piece]);
  const citation = useCallback(
    (marker: string) => {
      const passage = cited.get(marker);
      if (!passage) return undefined;
      const name = `Citation ${marker}: ${passage.section ? place({ ...passage.section, section: passage.section.title, page: passage.page }) : "passage"}`;
      return (
        <button type="button" class="citation" aria-label={name} title={name} onClick={() => open(passage)}>
          {marker}
        </button>
      );
    },
    [cited, open],
  );
  return (
    <>
      <p class="hidden" role="status">
        {trouble ? "" : piece ? `${KINDS[kind]} is ready` : `${KINDS[kind]} is being written`}
      </p>
      {trouble && <Failed trouble={trouble} again={again} />}
      {!text && !trouble && <Skeleton lines={10} label="Being written" />}
      {text && (
        <div aria-busy={!piece && !trouble} class={piece || trouble ? undefined : "writing"}>
          <Markdown text={text} citation={citation} />
        </div>
      )}
      {piece && <Origin piece={piece} />}
    </>
  );
}

function Origin({ piece }: { piece: PieceFragment }): VNode {
  const writer =
    piece.writer === "EMBEDDED"
      ? "Composed of your books' own sentences by the embedded writer, without a language model."
      : `Written by ${piece.model ?? "a language model"} from the passages cited; sentences without one are marked.`;
  return (
    <p class="origin">
      {writer} {piece.fallbackReason && `It stood in for the language model: ${sentence(piece.fallbackReason)} `}
      {piece.cache?.hit && "From the cache."}
    </p>
  );
}

function Passages({ verdict, open }: { verdict: VerdictFragment; open: PieceProps["open"] }): VNode | null {
  const found = verdict.passages.flatMap(({ passage, score }) => (passage ? [{ passage, score }] : []));
  if (found.length === 0) return null;
  return (
    <section aria-labelledby="passages">
      <h2 id="passages">In your books</h2>
      <ul class="passages">
        {found.map(({ passage, score }) => (
          <li key={passage.id}>
            <button type="button" onClick={() => open(passage)}>
              <strong>{passage.section?.title ?? "Passage"}</strong>
              <span>
                {passage.section?.book?.title}
                {passage.page !== null && ` · p. ${passage.page}`}
              </span>
              <small>{percent(score, 1)} % sure that it treats the topic</small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function PassageSheet({ passage, close }: { passage: CitedPassageFragment; close: () => void }): VNode {
  const { section } = passage;
  return (
    <Dialog title={section?.title ?? "A passage"} close={close} side>
      <p class="facts">
        {[
          section?.book?.title,
          section?.book?.author,
          section?.heading.slice(0, -1).join(" › "),
          passage.page === null ? "" : `page ${passage.page}`,
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      <PassageText text={passage.text} />
    </Dialog>
  );
}
