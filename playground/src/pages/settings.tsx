/** About the learner, how it looks, exports, and the way out. */
import type { CombinedError } from "@urql/core";
import { useClient } from "@urql/preact";
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import {
  DeleteUserDocument,
  type EducationLevel,
  ExportDocument,
  type ExportFormat,
  type StandingFragment,
  UpsertUserDocument,
} from "../../generated/operations";
import { everything } from "../api/my-data";
import { apiKey, forgetApiKey, forgetUserId } from "../api/session";
import { type Trouble, sentence, troubleOf } from "../api/trouble";
import { useChange } from "../api/use";
import { Confirm } from "../parts/confirm";
import { save } from "../parts/download";
import { Options, Select, Switch, TextInput } from "../parts/field";
import { Form, Submit } from "../parts/form";
import { EDUCATION } from "../parts/format";
import { useLearner } from "../parts/learner";
import { useRenew } from "../parts/session";
import { Failed } from "../parts/states";
import { keepTheme, keptTheme, type Theme } from "../parts/theme";
import { useTitle } from "../parts/title";

export function Settings(): VNode {
  useTitle("Settings");
  const { user } = useLearner();
  return (
    <div class="narrow">
      <h1>Settings</h1>
      {user ? (
        <AboutYou user={user} />
      ) : (
        <p>
          Nothing is held about you yet. <Link href="/start">Name a job</Link> to begin.
        </p>
      )}
      <Look />
      {user?.learningPath && <TakeAlong />}
      {user && <MyData />}
      {apiKey() && <SignOut />}
    </div>
  );
}

function AboutYou({ user }: { user: StandingFragment }): VNode {
  const [name, setName] = useState(user.name ?? "");
  const [email, setEmail] = useState(user.email ?? "");
  const [education, setEducation] = useState<EducationLevel | "">(user.educationLevel ?? "");
  const [hours, setHours] = useState(String(user.hoursPerWeek));
  const [saved, setSaved] = useState(false);
  const upsert = useChange(UpsertUserDocument);
  const run = async () => {
    setSaved(false);
    const input = {
      id: user.id,
      hoursPerWeek: Number(hours),
      name: name.trim(),
      email: email.trim(),
      ...(education && { educationLevel: education }),
    };
    setSaved(Boolean(await upsert.run({ input })));
  };
  return (
    <section aria-labelledby="about">
      <h2 id="about">About you</h2>
      <p class="hint">Your profile is {user.profileCompletionPercent} % complete.</p>
      <Form
        send={run}
        changes={[upsert]}
        fields={["name", "email", "hoursPerWeek"]}
        actions={
          <>
            <Submit>Save</Submit>
            <span role="status">{saved && "Saved."}</span>
          </>
        }
      >
        <TextInput label="Name" name="name" autocomplete="name" maxLength={200} value={name} change={setName} />
        <TextInput
          label="Email"
          name="email"
          type="email"
          autocomplete="email"
          maxLength={200}
          value={email}
          change={setEmail}
        />
        <div class="pair">
          <Select label="Education" value={education} change={setEducation}>
            {!user.educationLevel && <option value="">Not said</option>}
            <Options labels={EDUCATION} />
          </Select>
          <TextInput
            label="Hours a week"
            name="hoursPerWeek"
            hint="Counts from the next path on."
            type="number"
            min={1}
            max={80}
            required
            value={hours}
            change={setHours}
          />
        </div>
      </Form>
    </section>
  );
}

function Look(): VNode {
  const [theme, setTheme] = useState<Theme>(keptTheme);
  const choose = (theme: Theme) => {
    keepTheme(theme);
    setTheme(theme);
  };
  return (
    <section aria-labelledby="look">
      <h2 id="look">How it looks</h2>
      <Switch
        legend="Colours"
        value={theme}
        options={[
          { value: "system", label: "As the system" },
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
        ]}
        choose={choose}
      />
    </section>
  );
}

const EXPORTS: readonly { format: ExportFormat; label: string }[] = [
  { format: "MARKDOWN", label: "Page (Markdown)" },
  { format: "ICALENDAR", label: "Calendar (iCalendar)" },
  { format: "JSON", label: "For programs (JSON)" },
];

function TakeAlong(): VNode {
  const { userId } = useLearner();
  const client = useClient();
  const [start, setStart] = useState("");
  const [deadline, setDeadline] = useState("");
  const [trouble, setTrouble] = useState<Trouble>();
  const [message, setMessage] = useState("");
  const run = async (format: ExportFormat) => {
    setMessage("");
    const input = { format, ...(start && { startDate: start }), ...(deadline && { deadline }) };
    const { data, error } = await client
      .query(ExportDocument, { userId, input }, { requestPolicy: "network-only" })
      .toPromise();
    setTrouble(error && troubleOf(error));
    const file = data?.user?.learningPath?.export;
    if (!file) return;
    save(file.fileName, file.mediaType, file.text);
    setMessage(`${file.fileName} is saved. ${file.deadlineCheck ? sentence(file.deadlineCheck.message) : ""}`);
  };
  return (
    <section aria-labelledby="export">
      <h2 id="export">Take your path along</h2>
      <div class="pair">
        <TextInput label="Begin on" hint="Next Monday if left out." type="date" value={start} change={setStart} />
        <TextInput
          label="Deadline (optional)"
          hint="Says what fits before it."
          type="date"
          value={deadline}
          change={setDeadline}
        />
      </div>
      <div class="buttons">
        {EXPORTS.map(({ format, label }) => (
          <button key={format} type="button" onClick={() => void run(format)}>
            {label}
          </button>
        ))}
      </div>
      {trouble && <Failed trouble={trouble} />}
      <p role="status">{message}</p>
    </section>
  );
}

function MyData(): VNode {
  const { userId } = useLearner();
  const client = useClient();
  const [trouble, setTrouble] = useState<Trouble>();
  const [deleting, setDeleting] = useState(false);
  const download = async () => {
    try {
      save("my-data.json", "application/json", JSON.stringify(await everything(client, userId), null, 2));
      setTrouble(undefined);
    } catch (error) {
      setTrouble(troubleOf(error as CombinedError));
    }
  };
  return (
    <section aria-labelledby="data">
      <h2 id="data">Your data</h2>
      <p>
        All of it stays on this server. Your id here is <code class="id">{userId}</code>.
      </p>
      <div class="buttons">
        <button type="button" onClick={() => void download()}>
          Download everything
        </button>
        <button type="button" class="danger" onClick={() => setDeleting(true)}>
          Delete my data
        </button>
      </div>
      {trouble && <Failed trouble={trouble} />}
      {deleting && <ConfirmDeletion close={() => setDeleting(false)} />}
    </section>
  );
}

function ConfirmDeletion({ close }: { close: () => void }): VNode {
  const { userId, isLearnersKey } = useLearner();
  const [, go] = useLocation();
  const renew = useRenew();
  const remove = useChange(DeleteUserDocument);
  const run = async () => {
    if (!(await remove.run({ id: userId }))) return;
    if (!isLearnersKey) forgetUserId();
    go("/start");
    renew();
  };
  return (
    <Confirm
      title="Delete everything about you?"
      verb="Delete it all"
      change={remove}
      run={() => void run()}
      close={close}
    >
      Your profile, jobs, paths and progress are deleted from this server. Nobody can bring them back.
    </Confirm>
  );
}

function SignOut(): VNode {
  const renew = useRenew();
  return (
    <section aria-labelledby="key">
      <h2 id="key">Your key</h2>
      <button
        type="button"
        onClick={() => {
          forgetApiKey();
          renew();
        }}
      >
        Sign out
      </button>
    </section>
  );
}
