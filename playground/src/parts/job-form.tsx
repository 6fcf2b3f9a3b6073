/** A job: a role template, or the text of a posting. */
import type { VNode } from "preact";
import type { RoleTemplatesQuery, Seniority } from "../../generated/operations";
import { RoleTemplatesDocument } from "../../generated/operations";
import { useRead } from "../api/use";
import { Field, Options, Select, Switch, TextInput } from "./field";
import { SENIORITIES, plural } from "./format";
import { Loaded } from "./states";

export interface Job {
  way: "template" | "posting";
  templateId: string;
  description: string;
  title: string;
  firm: string;
  seniority: Seniority;
}

export const NO_JOB: Job = {
  way: "template",
  templateId: "",
  description: "",
  title: "",
  firm: "",
  seniority: "NOT_SPECIFIED",
};

export function isComplete(job: Job): boolean {
  return job.way === "template" ? job.templateId !== "" : job.description.trim() !== "";
}

/** The job as the API's inputs name it. */
export function jobInput(job: Job) {
  const seniority = job.seniority === "NOT_SPECIFIED" ? {} : { jobSeniority: job.seniority };
  if (job.way === "template") return { templateId: job.templateId, ...seniority };
  const optional = {
    ...(job.title.trim() && { jobTitle: job.title.trim() }),
    ...(job.firm.trim() && { firm: job.firm.trim() }),
  };
  return { jobDescription: job.description, ...optional, ...seniority };
}

interface JobFormProps {
  job: Job;
  change: (job: Job) => void;
}

/** Fields whose mistakes stand beside them. */
export const JOB_FIELDS = ["jobDescription", "jobTitle", "firm"];

export function JobForm({ job, change }: JobFormProps): VNode {
  const set = (part: Partial<Job>) => change({ ...job, ...part });
  return (
    <>
      <Switch
        legend="How do you want to name the job?"
        value={job.way}
        options={[
          { value: "template", label: "Choose a role" },
          { value: "posting", label: "Paste a posting" },
        ]}
        choose={(way) => set({ way })}
      />
      {job.way === "template" ? (
        <Templates chosen={job.templateId} choose={(templateId) => set({ templateId })} />
      ) : (
        <Posting job={job} set={set} />
      )}
      <Select
        label="Seniority"
        hint="Yours outweighs what the job says."
        value={job.seniority}
        change={(seniority) => set({ seniority })}
      >
        <Options labels={SENIORITIES} />
      </Select>
    </>
  );
}

function Templates({ chosen, choose }: { chosen: string; choose: (id: string) => void }): VNode {
  const read = useRead(RoleTemplatesDocument, {});
  return (
    <Loaded read={read} lines={12}>
      {({ roleTemplates }) => (
        <fieldset class="cards">
          <legend class="hidden">Role</legend>
          {roleTemplates.map((template) => (
            <TemplateCard key={template.id} template={template} isChosen={template.id === chosen} choose={choose} />
          ))}
        </fieldset>
      )}
    </Loaded>
  );
}

interface TemplateCardProps {
  template: RoleTemplatesQuery["roleTemplates"][number];
  isChosen: boolean;
  choose: (id: string) => void;
}

function TemplateCard({ template, isChosen, choose }: TemplateCardProps): VNode {
  const first = template.topics.slice(0, 4).map((topic) => topic.title);
  return (
    <label class="card">
      <input type="radio" name="template" checked={isChosen} onChange={() => choose(template.id)} />
      <strong>{template.name}</strong>
      <span>{template.description}</span>
      <small>
        {plural(template.topics.length, "topic")}: {first.join(", ")} …
      </small>
    </label>
  );
}

interface PostingProps {
  job: Job;
  set: (part: Partial<Job>) => void;
}

function Posting({ job, set }: PostingProps): VNode {
  const words = job.description.trim().split(/\s+/).filter(Boolean).length;
  return (
    <>
      <Field
        label="The posting"
        name="jobDescription"
        hint={words === 0 ? "The whole text: duties, requirements, all of it." : plural(words, "word")}
      >
        {(control) => (
          <textarea
            {...control}
            rows={10}
            value={job.description}
            onInput={(event) => set({ description: event.currentTarget.value })}
          />
        )}
      </Field>
      <div class="pair">
        <TextInput label="Job title (optional)" name="jobTitle" value={job.title} change={(title) => set({ title })} />
        <TextInput
          label="Firm (optional)"
          name="firm"
          autocomplete="off"
          value={job.firm}
          change={(firm) => set({ firm })}
        />
      </div>
    </>
  );
}
