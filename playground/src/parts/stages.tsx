/** Stages on a line of weeks, and the topics of each with what they need first. */
import type { VNode } from "preact";
import { Link } from "wouter-preact";
import type { PlacedTopicFragment, WholePathFragment } from "../../generated/operations";
import { hours, place, plural, PREREQUISITE_ORIGINS, weeks } from "./format";

type Stage = WholePathFragment["stages"][number];

interface StagesProps {
  stages: readonly Stage[];
  startable: ReadonlySet<string>;
  next: string | undefined;
}

interface Begun {
  stage: Stage;
  /** The stage's first week, from 1. */
  week: number;
}

/** Stages follow each other. */
export function withWeeks(stages: readonly Stage[]): Begun[] {
  let week = 1;
  return stages.map((stage) => {
    const begun = { stage, week };
    week += stage.durationWeeks;
    return begun;
  });
}

export function Stages({ stages, startable, next }: StagesProps): VNode {
  const begun = withWeeks(stages);
  const completed = new Set(
    stages.flatMap((stage) => stage.topics.filter((topic) => topic.completed).map((topic) => topic.id)),
  );
  return (
    <>
      <TimeLine begun={begun} />
      <ol class="stages">
        {begun.map(({ stage, week }, at) => (
          <li key={at} id={`stage-${at + 1}`}>
            <div class="when">
              <strong>{weeks(week, stage.durationWeeks)}</strong>
              <span>{stage.progressPercent} % done</span>
            </div>
            <div class="what">
              <h3>{stage.name}</h3>
              <p>{stage.goal}</p>
              <ol class="topics">
                {stage.topics.map((topic) => (
                  <TopicRow
                    key={topic.id}
                    topic={topic}
                    completed={completed}
                    canStart={startable.has(topic.id)}
                    isNext={topic.id === next}
                  />
                ))}
              </ol>
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}

/** The whole path at a glance: a bar a stage, as wide as it has weeks. */
function TimeLine({ begun }: { begun: readonly Begun[] }): VNode {
  return (
    <ol class="timeline" aria-label="Stages by weeks">
      {begun.map(({ stage, week }, at) => (
        <li key={at} style={{ flexGrow: stage.durationWeeks }}>
          <a
            href={`#stage-${at + 1}`}
            title={`${stage.name}: ${weeks(week, stage.durationWeeks)}, ${stage.progressPercent} % done`}
          >
            <span class="bar">
              <span style={{ width: `${stage.progressPercent}%` }} />
            </span>
            <span class="name">{stage.name}</span>
            <span class="weeks">{weeks(week, stage.durationWeeks)}</span>
          </a>
        </li>
      ))}
    </ol>
  );
}

interface TopicRowProps {
  topic: PlacedTopicFragment;
  completed: ReadonlySet<string>;
  canStart: boolean;
  isNext: boolean;
}

function TopicRow({ topic, completed, canStart, isNext }: TopicRowProps): VNode {
  const state = topic.completed
    ? "Completed"
    : isNext
      ? "Next"
      : topic.started
        ? "Begun"
        : canStart
          ? "Can be begun"
          : "Needs others first";
  return (
    <li id={`topic-${topic.id}`} class={`topic ${topic.completed ? "done" : isNext ? "next-up" : ""}`}>
      <span class="mark" aria-hidden="true">
        {topic.completed ? "✓" : isNext ? "→" : topic.started ? "◐" : "○"}
      </span>
      <div>
        <p>
          <Link href={`/topic/${encodeURIComponent(topic.id)}`} class="name">
            {topic.title}
          </Link>{" "}
          <span class="state">{state}</span>
        </p>
        <p class="source">
          {topic.source ? place(topic.source) : "A reviewer vouches for it"}
          {topic.source?.isGone && <em> (no longer in the library)</em>} · {hours(topic.hours)}
        </p>
        {topic.prerequisites.length > 0 && <Needs topic={topic} completed={completed} />}
      </div>
    </li>
  );
}

function Needs({ topic, completed }: { topic: PlacedTopicFragment; completed: ReadonlySet<string> }): VNode {
  return (
    <p class="needs">
      <span>{plural(topic.prerequisites.length, "topic")} first:</span>{" "}
      {topic.prerequisites.map((needed) => (
        <a
          key={needed.topicId}
          href={`#topic-${needed.topicId}`}
          class={completed.has(needed.topicId) ? "met" : undefined}
          title={PREREQUISITE_ORIGINS[needed.origin]}
        >
          {completed.has(needed.topicId) && "✓ "}
          {needed.title}
        </a>
      ))}
    </p>
  );
}
