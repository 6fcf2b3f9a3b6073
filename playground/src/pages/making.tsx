/** A path in the making: what is being done, and each topic as it is judged. */
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import {
  CancelGenerationDocument,
  type GenerationStep,
  LearnerDocument,
  PathDocument,
} from "../../generated/operations";
import { isOver, type Judged, type Making as MakingState, useMaking } from "../api/generation";
import { sentence } from "../api/trouble";
import { useChange } from "../api/use";
import { useClient } from "@urql/preact";
import { place, plural } from "../parts/format";
import { useLearner } from "../parts/learner";
import { Failed, Troubles } from "../parts/states";
import { useTitle } from "../parts/title";

const STEPS: readonly { step: GenerationStep; name: string }[] = [
  { step: "ANALYZE", name: "Read the job" },
  { step: "COVERAGE", name: "Check the library" },
  { step: "SEQUENCE", name: "Put topics in order" },
  { step: "PERSIST", name: "Keep the path" },
];

export function Making({ id }: { id: string }): VNode {
  useTitle("Making your path");
  const { userId } = useLearner();
  const client = useClient();
  const [, go] = useLocation();
  const { making, trouble, again } = useMaking(id);
  const cancel = useChange(CancelGenerationDocument);
  const isDone = making.state === "COMPLETED";
  const hasEnded = isOver(making.state);
  useEffect(() => {
    if (!hasEnded) return;
    let isHere = true;
    // Asked for anew before the next page opens, so that the old path is not seen first.
    const fresh = { requestPolicy: "network-only" as const };
    const both = [client.query(LearnerDocument, { userId }, fresh), client.query(PathDocument, { userId }, fresh)];
    void Promise.all(both.map((asked) => asked.toPromise())).then(
      () => isHere && isDone && go("/path", { replace: true }),
    );
    return () => {
      isHere = false;
    };
  }, [hasEnded, isDone, client, userId, go]);

  const covered = making.judged.filter((topic) => topic.covered).length;
  return (
    <div class="narrow">
      <h1>
        {making.state === "CANCELLED"
          ? "Cancelled"
          : making.state === "FAILED"
            ? "No path was made"
            : "Making your path"}
      </h1>
      {trouble && <Failed trouble={trouble} again={again} />}
      {!trouble && making.error && <Ended making={making} />}
      <div class="meter">
        <progress max={100} value={making.percent} aria-label="The making of the path" />
        <span>{making.percent} %</span>
      </div>
      <ol class="steps" aria-label="Steps">
        {STEPS.map(({ step, name }, at) => (
          <li
            key={step}
            class={isPast(making, at) ? "done" : undefined}
            aria-current={making.step === step && !isDone ? "step" : undefined}
          >
            <span aria-hidden="true">{isPast(making, at) ? "✓" : at + 1}</span> {name}
          </li>
        ))}
      </ol>
      <p class="message" role="status">
        {making.message ? sentence(making.message) : "Waiting for the first news…"}
      </p>
      {/* Its room stays when it goes. */}
      <div class="cancel">
        {!hasEnded && !trouble && (
          <button type="button" onClick={() => void cancel.run({ id })} disabled={cancel.busy}>
            {cancel.busy ? "Cancelling…" : "Cancel"}
          </button>
        )}
      </div>
      <Troubles of={cancel} />
      {making.judged.length > 0 && (
        <section>
          <h2>
            {plural(making.judged.length, "topic")} checked, {covered} covered
          </h2>
          <ul class="judged">
            {making.judged.map((topic) => (
              <JudgedTopic key={topic.id} topic={topic} />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function isPast(making: MakingState, at: number): boolean {
  const now = STEPS.findIndex(({ step }) => step === making.step);
  return making.state === "COMPLETED" || at < now;
}

function JudgedTopic({ topic }: { topic: Judged }): VNode {
  return (
    <li class={topic.covered ? "covered" : "uncovered"}>
      <span class="mark" aria-hidden="true">
        {topic.covered ? "●" : "○"}
      </span>
      <span>
        <strong>{topic.title}</strong>{" "}
        <small>{topic.covered && topic.source ? place(topic.source) : "not in the library"}</small>
      </span>
    </li>
  );
}

function Ended({ making }: { making: MakingState }): VNode {
  const { user } = useLearner();
  return (
    <div class={making.state === "CANCELLED" ? "notice" : "notice bad"} role="alert">
      <p>{sentence(making.error?.message ?? "it ended without a path")}</p>
      <p class="buttons">
        <Link href="/start" class="button primary">
          Start again
        </Link>
        {user?.learningPath && (
          <Link href="/path" class="button">
            Back to your path
          </Link>
        )}
      </p>
    </div>
  );
}
