/** Three steps: who you are, which job, how many hours a week. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import {
  type EducationLevel,
  EstimateDocument,
  type EstimateGenerationInput,
  type MistakeFragment,
  UpdateJobProfileDocument,
  UpsertUserDocument,
} from "../../generated/operations";
import { useChange, useRead } from "../api/use";
import { Field, Options } from "../parts/field";
import { EDUCATION, usd } from "../parts/format";
import { isComplete, JOB_FIELDS, JobForm, jobInput, type Job, NO_JOB } from "../parts/job-form";
import { useLearner } from "../parts/learner";
import { Failed, Mistakes } from "../parts/states";
import { useTitle } from "../parts/title";

const STEPS = ["Who you are", "The job", "Your time"];

interface Person {
  name: string;
  education: EducationLevel | "";
}

export function Start(): VNode {
  useTitle("A new path");
  const { userId, user } = useLearner();
  const [, go] = useLocation();
  const [step, setStep] = useState(0);
  const [person, setPerson] = useState<Person>({ name: user?.name ?? "", education: user?.educationLevel ?? "" });
  const [job, setJob] = useState<Job>(NO_JOB);
  const [hours, setHours] = useState(String(user?.hoursPerWeek ?? 6));
  const upsert = useChange(UpsertUserDocument);
  const update = useChange(UpdateJobProfileDocument);
  const mistakes = [...upsert.mistakes, ...update.mistakes];

  const make = async () => {
    const known = {
      ...(person.name.trim() && { name: person.name.trim() }),
      ...(person.education && { educationLevel: person.education }),
    };
    if (!(await upsert.run({ input: { id: userId, hoursPerWeek: Number(hours), ...known } }))) return;
    const made = await update.run({ input: { userId, ...jobInput(job) } });
    if (made?.generation) go(`/making/${made.generation.id}`);
  };
  const next = () => (step < 2 ? setStep(step + 1) : void make());
  const canGoOn = step !== 1 || isComplete(job);

  return (
    <div class="narrow">
      <h1>{user?.learningPath ? "A path to another job" : "A learning path to the job you want"}</h1>
      {step === 0 && (
        <p class="lead">
          Name a job. Pathwright checks what it asks for against the books in this library, says honestly what they do
          not cover, and puts the rest in order.
        </p>
      )}
      <StepList now={step} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          next();
        }}
      >
        <StepBody key={step} step={step}>
          {step === 0 && <WhoYouAre person={person} change={setPerson} mistakes={mistakes} />}
          {step === 1 && <JobForm job={job} change={setJob} mistakes={mistakes} />}
          {step === 2 && <YourTime hours={hours} change={setHours} job={job} mistakes={mistakes} />}
        </StepBody>
        {[upsert, update].map(({ trouble }, at) => trouble && <Failed key={at} trouble={trouble} />)}
        <Mistakes list={mistakes} shown={step === 0 ? ["name"] : step === 1 ? JOB_FIELDS : ["hoursPerWeek"]} />
        <div class="buttons">
          {step > 0 && (
            <button type="button" onClick={() => setStep(step - 1)}>
              Back
            </button>
          )}
          <button type="submit" class="primary" disabled={!canGoOn || upsert.busy || update.busy}>
            {step < 2 ? "Continue" : upsert.busy || update.busy ? "One moment…" : "Make my path"}
          </button>
          {!canGoOn && (
            <span class="hint">
              {job.way === "template" ? "Choose a role to go on." : "Paste the posting to go on."}
            </span>
          )}
        </div>
      </form>
    </div>
  );
}

function StepList({ now }: { now: number }): VNode {
  return (
    <ol class="steps" aria-label="Steps">
      {STEPS.map((name, at) => (
        <li key={name} class={at < now ? "done" : undefined} aria-current={at === now ? "step" : undefined}>
          <span aria-hidden="true">{at < now ? "✓" : at + 1}</span> {name}
          {at < now && <span class="hidden"> (done)</span>}
        </li>
      ))}
    </ol>
  );
}

/** The focus goes to the new step, so that a screen reader says which it is. */
function StepBody({ step, children }: { step: number; children: ComponentChildren }): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (step > 0) heading.current?.focus();
  }, [step]);
  return (
    <section>
      <h2 tabIndex={-1} ref={heading}>
        {STEPS[step]}
      </h2>
      {children}
    </section>
  );
}

interface WhoYouAreProps {
  person: Person;
  change: (person: Person) => void;
  mistakes: readonly MistakeFragment[];
}

function WhoYouAre({ person, change, mistakes }: WhoYouAreProps): VNode {
  return (
    <>
      <Field label="Your name (optional)" name="name" mistakes={mistakes}>
        {(control) => (
          <input
            {...control}
            autocomplete="name"
            maxLength={200}
            value={person.name}
            onInput={(event) => change({ ...person, name: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field
        label="Education (optional)"
        hint="Kept with your profile on this server. Settings can export and delete all of it."
      >
        {(control) => (
          <select
            {...control}
            value={person.education}
            onChange={(event) => change({ ...person, education: event.currentTarget.value as EducationLevel | "" })}
          >
            <option value="">Not said</option>
            <Options labels={EDUCATION} />
          </select>
        )}
      </Field>
    </>
  );
}

interface YourTimeProps {
  hours: string;
  change: (hours: string) => void;
  job: Job;
  mistakes: readonly MistakeFragment[];
}

function YourTime({ hours, change, job, mistakes }: YourTimeProps): VNode {
  return (
    <>
      <Field
        label="Hours a week for learning"
        name="hoursPerWeek"
        mistakes={mistakes}
        hint="Stages are measured in weeks of that many hours; 1 to 80."
      >
        {(control) => (
          <input
            {...control}
            type="number"
            min={1}
            max={80}
            required
            value={hours}
            onInput={(event) => change(event.currentTarget.value)}
          />
        )}
      </Field>
      <Estimate job={job} />
    </>
  );
}

/** What it will take, before anything is spent; an estimate that cannot be had keeps nobody from going on. */
function Estimate({ job }: { job: Job }): VNode {
  const { data } = useRead(EstimateDocument, { input: estimateInput(job) });
  return <p class="estimate">{data ? estimateText(data.estimateGeneration) : "\u00a0"}</p>;
}

/** What an estimate asks of a job. */
function estimateInput({ way, templateId, description, title }: Job): EstimateGenerationInput {
  if (way === "template") return { templateId };
  return { jobDescription: description, ...(title.trim() && { jobTitle: title.trim() }) };
}

interface Estimated {
  seconds: number;
  usd: number | null;
  model: string | null;
  fallbackReason: string | null;
}

function estimateText({ seconds, usd: cost, model, fallbackReason }: Estimated): string {
  const time = seconds < 2 ? "a second or two" : `about ${Math.ceil(seconds)} seconds`;
  if (!model || fallbackReason) {
    const why = fallbackReason ? `: ${fallbackReason}` : "";
    return `Making the path takes ${time}. The embedded analyzer reads the job, without a language model${why}. It costs nothing.`;
  }
  return `Making the path takes ${time}, with ${model}, and costs ${cost === null ? "what the model's endpoint asks: its price is not known here" : usd(cost)}.`;
}
