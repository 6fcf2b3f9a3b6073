/** Three steps: who you are, which job, how many hours a week. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import {
  type EducationLevel,
  EstimateDocument,
  UpdateJobProfileDocument,
  UpsertUserDocument,
} from "../../generated/operations";
import { useChange, useRead } from "../api/use";
import { Options, Select, TextInput } from "../parts/field";
import { Form, Submit } from "../parts/form";
import { estimateInput, estimateText } from "../parts/estimate";
import { EDUCATION } from "../parts/format";
import { isComplete, JOB_FIELDS, JobForm, jobInput, type Job, NO_JOB } from "../parts/job-form";
import { useLearner } from "../parts/learner";
import { useTitle } from "../parts/title";

const STEPS = ["Who you are", "The job", "Your time"];

/** Fields in sight in each step. */
const FIELDS = [["name"], JOB_FIELDS, ["hoursPerWeek"]];

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
      <Form
        send={next}
        changes={[upsert, update]}
        fields={FIELDS[step] ?? []}
        actions={
          <>
            {step > 0 && (
              <button type="button" onClick={() => setStep(step - 1)}>
                Back
              </button>
            )}
            <Submit isReady={canGoOn} working={step < 2 ? undefined : "One moment…"}>
              {step < 2 ? "Continue" : "Make my path"}
            </Submit>
            {!canGoOn && (
              <span class="hint">
                {job.way === "template" ? "Choose a role to go on." : "Paste the posting to go on."}
              </span>
            )}
          </>
        }
      >
        <StepBody key={step} step={step}>
          {step === 0 && <WhoYouAre person={person} change={setPerson} />}
          {step === 1 && <JobForm job={job} change={setJob} />}
          {step === 2 && <YourTime hours={hours} change={setHours} job={job} />}
        </StepBody>
      </Form>
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
}

function WhoYouAre({ person, change }: WhoYouAreProps): VNode {
  return (
    <>
      <TextInput
        label="Your name (optional)"
        name="name"
        autocomplete="name"
        maxLength={200}
        value={person.name}
        change={(name) => change({ ...person, name })}
      />
      <Select
        label="Education (optional)"
        hint="Kept with your profile on this server. Settings can export and delete all of it."
        value={person.education}
        change={(education) => change({ ...person, education })}
      >
        <option value="">Not said</option>
        <Options labels={EDUCATION} />
      </Select>
    </>
  );
}

interface YourTimeProps {
  hours: string;
  change: (hours: string) => void;
  job: Job;
}

function YourTime({ hours, change, job }: YourTimeProps): VNode {
  return (
    <>
      <TextInput
        label="Hours a week for learning"
        name="hoursPerWeek"
        hint="Stages are measured in weeks of that many hours; 1 to 80."
        type="number"
        min={1}
        max={80}
        required
        value={hours}
        change={change}
      />
      <Estimate job={job} />
    </>
  );
}

/** What it will take, before anything is spent; an estimate that cannot be had keeps nobody from going on. */
function Estimate({ job }: { job: Job }): VNode {
  const { data } = useRead(EstimateDocument, { input: estimateInput(job) });
  return <p class="estimate">{data ? estimateText(data.estimateGeneration) : "\u00a0"}</p>;
}
