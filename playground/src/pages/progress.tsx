/** Progress over time, and the paths so far. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import {
  EarlierPathsDocument,
  type PathPageFragment,
  ProgressDocument,
  type ProgressQuery,
} from "../../generated/operations";
import { useRead } from "../api/use";
import { day, plural } from "../parts/format";
import { useRoleName } from "../parts/job-target";
import { useLearner } from "../parts/learner";
import { Empty, Loaded } from "../parts/states";
import { useTitle } from "../parts/title";
import { ClimbingLine } from "../parts/climbing-line";

type User = NonNullable<ProgressQuery["user"]>;

export function Progress(): VNode {
  useTitle("Progress");
  const { userId } = useLearner();
  const read = useRead(ProgressDocument, { userId }, { about: "User" });
  return (
    <>
      <h1>Progress</h1>
      <Loaded read={read}>{({ user }) => (user ? <Theirs user={user} /> : <Nothing />)}</Loaded>
    </>
  );
}

function Nothing(): VNode {
  return (
    <Empty title="Nothing here yet">
      <p>Complete the first topic of a path, and it is drawn here.</p>
      <Link href="/start" class="button primary">
        Name a job
      </Link>
    </Empty>
  );
}

function Theirs({ user }: { user: User }): VNode {
  const completed = user.progress.flatMap(({ completedAt }) => (completedAt ? [completedAt] : [])).sort();
  const begun = user.progress.filter(({ startedAt, completedAt }) => startedAt && !completedAt).length;
  return (
    <>
      <dl class="numbers">
        <div>
          <dt>completed</dt>
          <dd>{completed.length}</dd>
        </div>
        <div>
          <dt>begun</dt>
          <dd>{begun}</dd>
        </div>
        <div>
          <dt>hours left</dt>
          <dd>{user.learningPath?.plan ? Math.round(user.learningPath.plan.hoursLeft) : "–"}</dd>
        </div>
        <div>
          <dt>done by</dt>
          <dd>{user.learningPath?.plan?.lastDay ? day(user.learningPath.plan.lastDay) : "–"}</dd>
        </div>
      </dl>
      <section aria-labelledby="over-time">
        <h2 id="over-time">Topics completed over time</h2>
        {completed.length > 0 ? (
          <ClimbingLine moments={completed} />
        ) : (
          <p class="hint">Nothing is completed yet. The first topic you mark appears here.</p>
        )}
      </section>
      {user.learningPath && <StageBars path={user.learningPath} />}
      <section aria-labelledby="paths">
        <h2 id="paths">Paths so far</h2>
        {user.learningPaths.nodes.length === 0 ? <p class="hint">None yet.</p> : <Paths page={user.learningPaths} />}
      </section>
    </>
  );
}

function StageBars({ path }: { path: NonNullable<User["learningPath"]> }): VNode {
  return (
    <section aria-labelledby="by-stage">
      <h2 id="by-stage">By stage</h2>
      <ul class="by-stage">
        {path.stages.map((stage) => (
          <li key={stage.name}>
            <span>{stage.name}</span>
            <progress max={100} value={stage.progressPercent} aria-label={stage.name} />
            <span>
              {stage.topics.filter((topic) => topic.completed).length} of {stage.topics.length}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Paths({ page }: { page: PathPageFragment }): VNode {
  const { hasNextPage, endCursor } = page.pageInfo;
  return (
    <>
      <ol class="paths">
        {page.nodes.map((path) => (
          <PastPath key={path.id} path={path} />
        ))}
      </ol>
      {hasNextPage && endCursor && <EarlierPaths after={endCursor} />}
    </>
  );
}

function EarlierPaths({ after }: { after: string }): VNode {
  const { userId } = useLearner();
  const [wanted, setWanted] = useState(false);
  const read = useRead(EarlierPathsDocument, { userId, after }, { pause: !wanted });
  if (!wanted) {
    return (
      <button type="button" onClick={() => setWanted(true)}>
        Earlier paths
      </button>
    );
  }
  return <Loaded read={read}>{({ user }) => user && <Paths page={user.learningPaths} />}</Loaded>;
}

function PastPath({ path }: { path: PathPageFragment["nodes"][number] }): VNode {
  return (
    <li>
      <strong>{useRoleName(path.roleType)}</strong>
      <span>
        {day(path.createdAt)} · {path.coveragePercentage} % covered · {plural(path.totalWeeks, "week")}
      </span>
    </li>
  );
}
