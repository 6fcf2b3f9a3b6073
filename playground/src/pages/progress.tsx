/** Progress over time, and the paths so far. */
import type { VNode } from "preact";
import { Link } from "wouter-preact";
import { ProgressDocument, type ProgressQuery } from "../../generated/operations";
import { useRead } from "../api/use";
import { day, percent, plural } from "../parts/format";
import { useRoleName } from "../parts/job-target";
import { useLearner } from "../parts/learner";
import { Empty, Loaded } from "../parts/states";
import { useTitle } from "../parts/title";
import { Steps } from "../parts/steps-chart";

type User = NonNullable<ProgressQuery["user"]>;
type PastPath = User["learningPaths"]["nodes"][number];

export function Progress(): VNode {
  useTitle("Progress");
  const { userId } = useLearner();
  const read = useRead(ProgressDocument, { userId });
  return (
    <>
      <h1>Progress</h1>
      <Loaded read={read}>
        {({ user }) => (user ? <Theirs user={user} /> : <Nothing />)}
      </Loaded>
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
        {completed.length > 0 ? <Steps moments={completed} /> : <p class="hint">Nothing is completed yet. The first topic you mark appears here.</p>}
      </section>
      {user.learningPath && <Stages path={user.learningPath} />}
      <section aria-labelledby="paths">
        <h2 id="paths">Paths so far</h2>
        {user.learningPaths.nodes.length === 0 ? <p class="hint">None yet.</p> : <Paths first={user.learningPaths} />}
      </section>
    </>
  );
}

function Stages({ path }: { path: NonNullable<User["learningPath"]> }): VNode {
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

/** The newest ten, and the next ten on demand. */
function Paths({ first }: { first: User["learningPaths"] }): VNode {
  return (
    <>
      <ol class="paths">
        {first.nodes.map((path) => (
          <PastPathRow key={path.id} path={path} />
        ))}
      </ol>
      {first.pageInfo.hasNextPage && first.pageInfo.endCursor && <Further after={first.pageInfo.endCursor} />}
    </>
  );
}

function Further({ after }: { after: string }): VNode {
  const { userId } = useLearner();
  const read = useRead(ProgressDocument, { userId, after });
  return <Loaded read={read}>{({ user }) => user && <Paths first={user.learningPaths} />}</Loaded>;
}

function PastPathRow({ path }: { path: PastPath }): VNode {
  return (
    <li>
      <strong>{useRoleName(path.roleType)}</strong>
      <span>
        {day(path.createdAt)} · {percent(path.coveragePercentage, 100)} % covered · {plural(path.totalWeeks, "week")}
      </span>
    </li>
  );
}
