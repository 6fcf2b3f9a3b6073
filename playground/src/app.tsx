/** Who is here, which page they want, and what is in sight on each of them. */
import type { VNode } from "preact";
import { lazy, Suspense } from "preact/compat";
import { Redirect, Route, Switch as Routes } from "wouter-preact";
import { LearnerDocument, ViewerDocument } from "../generated/operations";
import { ownUserId } from "./api/session";
import { type Read, useRead } from "./api/use";
import { SessionContext } from "./parts/session";
import { Boundary } from "./parts/boundary";
import { LearnerContext, useLearner } from "./parts/learner";
import { Shell } from "./parts/shell";
import { Failed, Skeleton } from "./parts/states";
import { Jobs } from "./pages/jobs";
import { Making } from "./pages/making";
import { NotFound } from "./pages/not-found";
import { Path } from "./pages/path";
import { Progress } from "./pages/progress";
import { Settings } from "./pages/settings";
import { Start } from "./pages/start";
import { Topic } from "./pages/topic";

/** Learners never load it. */
const Operator = lazy(() => import("./pages/operator").then(({ Operator }) => Operator));

export function App({ renew }: { renew: () => void }): VNode {
  const viewer = useRead(ViewerDocument, {});
  if (viewer.data === undefined) return <Opening read={viewer} />;
  const own = viewer.data.viewer?.id;
  return (
    <SessionContext.Provider value={renew}>
      <ForLearner userId={own ?? ownUserId()} isLearnersKey={own !== undefined} />
    </SessionContext.Provider>
  );
}

function ForLearner({ userId, isLearnersKey }: { userId: string; isLearnersKey: boolean }): VNode {
  const learner = useRead(LearnerDocument, { userId }, { about: "User" });
  if (learner.data === undefined) return <Opening read={learner} />;
  return (
    <LearnerContext.Provider value={{ userId, user: learner.data.user, isLearnersKey }}>
      <Shell>
        <Boundary>
          <Pages />
        </Boundary>
      </Shell>
    </LearnerContext.Provider>
  );
}

/** Before it is known who is here; the header's room is kept, so that nothing jumps when it comes. */
function Opening({ read: { trouble, again } }: { read: Read<unknown> }): VNode {
  return (
    <>
      <header class="top" />
      <main class="page">
        {trouble ? <Failed trouble={trouble} again={again} /> : <Skeleton label="Opening Pathwright" />}
      </main>
    </>
  );
}

function Pages(): VNode {
  return (
    <Routes>
      <Route path="/" component={Home} />
      <Route path="/start" component={Start} />
      <Route path="/making/:id">{({ id }) => <Making key={id} id={id} />}</Route>
      <Route path="/path" component={Path} />
      <Route path="/topic/:id">{({ id }) => <Topic key={id} id={id} />}</Route>
      <Route path="/progress" component={Progress} />
      <Route path="/jobs" component={Jobs} />
      <Route path="/settings" component={Settings} />
      <Route path="/operator/:part?">
        {({ part }) => (
          <Suspense fallback={<Skeleton />}>
            <Operator part={part ?? "library"} />
          </Suspense>
        )}
      </Route>
      <Route component={NotFound} />
    </Routes>
  );
}

/** To the path, where there is one; to its making; otherwise to the beginning. */
function Home(): VNode {
  const { user } = useLearner();
  const making = user?.generation;
  if (making && (making.state === "QUEUED" || making.state === "RUNNING"))
    return <Redirect to={`/making/${making.id}`} replace />;
  return <Redirect to={user?.learningPath ? "/path" : "/start"} replace />;
}
