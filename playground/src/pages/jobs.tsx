/** Several target jobs: keep, choose, compare, and what most of them need. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import {
  ChooseTargetJobDocument,
  CompareTargetJobsDocument,
  type JobFragment,
  RemoveTargetJobDocument,
  SaveTargetJobDocument,
  type StandpointFragment,
  TargetJobsDocument,
  type TargetJobsQuery,
} from "../../generated/operations";
import { useChange, useRead } from "../api/use";
import { sentence } from "../api/trouble";
import { Dialog } from "../parts/dialog";
import { Select, TextInput } from "../parts/field";
import { Form, Submit } from "../parts/form";
import { hours, plural } from "../parts/format";
import { isComplete, JOB_FIELDS, JobForm, jobInput, NO_JOB } from "../parts/job-form";
import { useLearner } from "../parts/learner";
import { Empty, Loaded, Troubles } from "../parts/states";
import { useTitle } from "../parts/title";

export function Jobs(): VNode {
  useTitle("Jobs");
  const { userId } = useLearner();
  const read = useRead(TargetJobsDocument, { userId }, { about: "User" });
  const [adding, setAdding] = useState(false);
  return (
    <>
      <div class="heading">
        <h1>Jobs in view</h1>
        <button type="button" class="primary" onClick={() => setAdding(true)}>
          Keep a job
        </button>
      </div>
      <Loaded read={read}>
        {({ user }) => {
          const jobs = user?.targetJobs ?? [];
          return (
            <>
              {jobs.length === 0 ? <NoJobs /> : <JobList jobs={jobs} changed={read.again} />}
              {jobs.length > 1 && <Comparison jobs={jobs} />}
              {user && jobs.length > 0 && <Demand demand={user.topicsByDemand} />}
            </>
          );
        }}
      </Loaded>
      {adding && (
        <KeepJob
          close={() => setAdding(false)}
          kept={() => {
            setAdding(false);
            read.again();
          }}
        />
      )}
    </>
  );
}

function NoJobs(): VNode {
  return (
    <Empty title="No job is kept yet">
      <p>Keep up to twenty, to see what most of them need and what your library lacks for them.</p>
    </Empty>
  );
}

function JobList({ jobs, changed }: { jobs: readonly JobFragment[]; changed: () => void }): VNode {
  return (
    <ul class="jobs">
      {jobs.map((job) => (
        <JobRow key={job.id} job={job} changed={changed} />
      ))}
    </ul>
  );
}

function JobRow({ job, changed }: { job: JobFragment; changed: () => void }): VNode {
  const [, go] = useLocation();
  const choose = useChange(ChooseTargetJobDocument);
  const remove = useChange(RemoveTargetJobDocument);
  const chosen = async () => {
    const made = await choose.run({ id: job.id });
    if (made?.generation) go(`/making/${made.generation.id}`);
  };
  const removed = async () => (await remove.run({ id: job.id })) && changed();
  const reading = job.reading;
  return (
    <li class={job.isCurrent ? "current" : undefined}>
      <div>
        <h2>{job.name}</h2>
        <p class="facts">
          {[
            job.firm,
            job.jobProfile && plural(job.jobProfile.requiredTopics.length, "topic"),
            job.isCurrent && "your path leads here",
          ]
            .filter(Boolean)
            .join(" · ")}
          {!job.jobProfile && (reading?.error ? sentence(reading.error.message) : "is being read…")}
        </p>
        {[choose, remove].map((change, at) => (
          <Troubles key={at} of={change} />
        ))}
      </div>
      {!job.isCurrent && (
        <div class="buttons">
          <button
            type="button"
            disabled={choose.busy}
            onClick={() => void chosen()}
            aria-label={`Make a path to ${job.name}`}
          >
            Make a path
          </button>
          <button
            type="button"
            class="quiet"
            disabled={remove.busy}
            onClick={() => void removed()}
            aria-label={`Remove ${job.name}`}
          >
            Remove
          </button>
        </div>
      )}
    </li>
  );
}

function KeepJob({ close, kept }: { close: () => void; kept: () => void }): VNode {
  const { userId } = useLearner();
  const [job, setJob] = useState(NO_JOB);
  const [name, setName] = useState("");
  const save = useChange(SaveTargetJobDocument);
  const run = async () => {
    const input = { userId, wait: true, ...(name.trim() && { name: name.trim() }), ...jobInput(job) };
    if (await save.run({ input })) kept();
  };
  return (
    <Dialog title="Keep a job in view" close={close}>
      <Form
        send={run}
        changes={[save]}
        fields={["name", ...JOB_FIELDS]}
        actions={
          <Submit isReady={isComplete(job)} working="Reading it…">
            Keep it
          </Submit>
        }
      >
        <JobForm job={job} change={setJob} />
        <TextInput label="What to call it (optional)" name="name" maxLength={200} value={name} change={setName} />
      </Form>
    </Dialog>
  );
}

function Comparison({ jobs }: { jobs: readonly JobFragment[] }): VNode {
  const [first, setA] = useState("");
  const [second, setB] = useState("");
  // What was chosen may have been removed since.
  const chosen = (id: string, at: number) => (jobs.some((job) => job.id === id) ? id : (jobs[at]?.id ?? ""));
  const a = chosen(first, 0);
  const b = chosen(second, 1);
  const read = useRead(CompareTargetJobsDocument, { a, b }, { pause: a === b });
  const options = jobs.map((job) => (
    <option key={job.id} value={job.id}>
      {job.name}
    </option>
  ));
  return (
    <section aria-labelledby="compare">
      <h2 id="compare">Two jobs side by side</h2>
      <div class="pair">
        <Select label="One job" value={a} change={setA}>
          {options}
        </Select>
        <Select label="Another job" value={b} change={setB}>
          {options}
        </Select>
      </div>
      {a === b ? (
        <p class="hint">Choose two different jobs.</p>
      ) : (
        <Loaded read={read}>
          {({ compareTargetJobs: both }) =>
            both ? (
              <>
                <p>
                  With the path to {both.a.name} done, {both.b.name} still takes{" "}
                  <strong>{hours(both.hoursLeftForB)}</strong>.
                </p>
                <div class="columns">
                  <Column title="Both need" topics={both.both} />
                  <Column title={`Only ${both.a.name}`} topics={both.onlyA} />
                  <Column title={`Only ${both.b.name}`} topics={both.onlyB} />
                </div>
              </>
            ) : (
              <p class="hint">One of the two is no longer there.</p>
            )
          }
        </Loaded>
      )}
    </section>
  );
}

function Column({ title, topics }: { title: string; topics: readonly StandpointFragment[] }): VNode {
  return (
    <div>
      <h3>
        {title} <small>{topics.length}</small>
      </h3>
      <ul class="plain">
        {topics.map((standing) => (
          <TopicMark key={standing.topic.id} standing={standing} />
        ))}
      </ul>
    </div>
  );
}

function TopicMark({ standing }: { standing: StandpointFragment }): VNode {
  const { completed, coverage, topic } = standing;
  return (
    <li class={coverage.covered ? "covered" : "uncovered"}>
      <span class="mark" aria-hidden="true">
        {completed ? "✓" : coverage.covered ? "●" : "○"}
      </span>
      {topic.title} <span class="hidden">{completed ? "completed" : coverage.covered ? "covered" : "not covered"}</span>
    </li>
  );
}

type Demanded = NonNullable<TargetJobsQuery["user"]>["topicsByDemand"];

function Demand({ demand }: { demand: Demanded }): VNode {
  return (
    <section aria-labelledby="demand">
      <h2 id="demand">What most of them need</h2>
      {demand.unreadJobCount > 0 && (
        <p class="hint">{plural(demand.unreadJobCount, "job is", "jobs are")} not read yet and left out.</p>
      )}
      <ol class="demand">
        {demand.nodes.map(({ standing, jobCount }) => (
          <TopicDemand key={standing.topic.id} standing={standing} count={jobCount} of={demand.jobCount} />
        ))}
      </ol>
    </section>
  );
}

function TopicDemand({ standing, count, of }: { standing: StandpointFragment; count: number; of: number }): VNode {
  return (
    <li>
      <ul class="plain">
        <TopicMark standing={standing} />
      </ul>
      <small>
        {count} of {plural(of, "job")}
      </small>
    </li>
  );
}
