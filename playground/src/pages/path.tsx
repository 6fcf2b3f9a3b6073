/** The path: the job, the coverage as a picture, stages in weeks, what is not covered, what comes next. */
import type { VNode } from "preact";
import { Link, useLocation } from "wouter-preact";
import { GeneratePathDocument, PathDocument, type PathQuery, type WholePathFragment } from "../../generated/operations";
import { isOver } from "../api/generation";
import { useChange, useRead } from "../api/use";
import { day, plural } from "../parts/format";
import { JobTarget } from "../parts/job-target";
import { useLearner } from "../parts/learner";
import { Shelf } from "../parts/shelf";
import { Stages } from "../parts/stages";
import { Empty, Loaded, Troubles } from "../parts/states";
import { useTitle } from "../parts/title";
import { Uncovered } from "../parts/uncovered";

type User = NonNullable<PathQuery["user"]>;

export function Path(): VNode {
  useTitle("Your path");
  const { userId } = useLearner();
  const read = useRead(PathDocument, { userId }, { about: "User" });
  return (
    <Loaded read={read} lines={14}>
      {({ user }) => (user?.learningPath ? <TheirPath user={user} path={user.learningPath} /> : <NoPath />)}
    </Loaded>
  );
}

function NoPath(): VNode {
  return (
    <Empty title="There is no path yet">
      <p>Name a job, and it is made in seconds.</p>
      <Link href="/start" class="button primary">
        Name a job
      </Link>
    </Empty>
  );
}

function TheirPath({ user, path }: { user: User; path: WholePathFragment }): VNode {
  const again = useMakeAgain();
  const topics = path.stages.flatMap((stage) => stage.topics);
  const done = topics.filter((topic) => topic.completed).length;
  return (
    <>
      <JobTarget user={user} path={path} />
      <section aria-labelledby="coverage">
        <h2 id="coverage">What your library covers</h2>
        <p class="figures">
          <strong>{path.coveragePercentage} %</strong> of the job: {plural(topics.length, "topic")} covered,{" "}
          {path.uncoveredTopics.length} not. {done > 0 && <>You have completed {done}.</>}
        </p>
        <Shelf topics={topics} uncovered={path.uncoveredTopics} />
      </section>
      <InTheMaking generation={user.generation} />
      <News path={path} again={again.button} />
      {again.troubles}
      {topics.length === 0 ? (
        <Empty title="No topic of this job is covered">
          <p>
            The library has no book on what the job asks for. Below is where else to learn it; when books come in, make
            the path anew.
          </p>
        </Empty>
      ) : (
        <InStages user={user} path={path} />
      )}
      <Uncovered topics={path.uncoveredTopics} />
      <p class="buttons">{again.button}</p>
    </>
  );
}

function InStages({ user, path }: { user: User; path: WholePathFragment }): VNode {
  return (
    <section aria-labelledby="stages">
      <h2 id="stages">
        {plural(path.stages.length, "stage")} in {plural(path.totalWeeks, "week")}
      </h2>
      <p class="hint">
        At {plural(path.hoursPerWeek, "hour")} a week, made on {day(path.createdAt)}.{" "}
        {path.origin === "EMBEDDED"
          ? "Put in order by the embedded sequencer."
          : "Put in order by a language model, and checked."}{" "}
        {path.fallbackReason && <>It stood in because {path.fallbackReason}.</>}
      </p>
      <Stages
        stages={path.stages}
        startable={new Set(user.startableTopics.map((topic) => topic.id))}
        next={user.nextTopic?.id}
      />
    </section>
  );
}

/** Another path is on its way; this one stands until then. */
function InTheMaking({ generation }: { generation: User["generation"] }): VNode | null {
  if (!generation || isOver(generation.state)) return null;
  return (
    <div class="notice">
      <p>
        A new path is being made. <Link href={`/making/${generation.id}`}>See how far it is</Link>
      </p>
    </div>
  );
}

/** What has changed in the library since. */
function News({ path, again }: { path: WholePathFragment; again: VNode }): VNode | null {
  const changes = path.libraryChanges;
  const gone = path.stages.flatMap((stage) => stage.topics).filter((topic) => topic.source?.isGone);
  if (!changes && gone.length === 0 && !path.needsRecheck) return null;
  const parts: [string, readonly { topic: { title: string } }[]][] = changes
    ? [
        ["Covered by now", changes.gained],
        ["No longer covered", changes.lost],
        ["Treated elsewhere by now", changes.moved],
      ]
    : [];
  return (
    <div class="notice">
      <p>
        <strong>The library has changed since this path was made.</strong>{" "}
        {path.needsRecheck && "The path is being compared with it. "}
        {changes && `A new path would cover ${changes.coveragePercentage} %.`}
      </p>
      <ul>
        {parts
          .filter(([, list]) => list.length > 0)
          .map(([name, list]) => (
            <li key={name}>
              {name}: {list.map(({ topic }) => topic.title).join(", ")}
            </li>
          ))}
        {gone.length > 0 && <li>Sources that are gone: {gone.map((topic) => topic.title).join(", ")}</li>}
      </ul>
      {again}
    </div>
  );
}

function useMakeAgain(): { button: VNode; troubles: VNode } {
  const { userId } = useLearner();
  const [, go] = useLocation();
  const generate = useChange(GeneratePathDocument);
  const run = async () => {
    const made = await generate.run({ userId });
    if (made?.generation) go(`/making/${made.generation.id}`);
  };
  return {
    button: (
      <button type="button" onClick={() => void run()} disabled={generate.busy}>
        Make the path anew
      </button>
    ),
    troubles: (
      <>
        <Troubles of={generate} />
      </>
    ),
  };
}
