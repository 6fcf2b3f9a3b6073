/** What the library says of a topic, and the reviewer's word on it. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import {
  CoverageDocument,
  LibraryGapsDocument,
  OverrideCoverageDocument,
  type VerdictFragment,
} from "../../../generated/operations";
import { type Read, useChange, useRead } from "../../api/use";
import { Switch, TextInput } from "../../parts/field";
import { Form, Submit } from "../../parts/form";
import { day, percent, plural } from "../../parts/format";
import { Loaded } from "../../parts/states";
import { Table } from "../../parts/table";
import { Resources } from "../../parts/uncovered";
import { PassageText } from "../../text/passage";

export function ReviewPart(): VNode {
  const [asked, setAsked] = useState("");
  const [topic, setTopic] = useState("");
  // Asking for the same topic again is asking.
  const [times, setTimes] = useState(0);
  const check = (title: string) => {
    setTopic(title.trim());
    setTimes((before) => before + 1);
  };
  return (
    <>
      <Form class="search" role="search" send={() => check(asked)}>
        <TextInput
          label="A topic, by its name or in any words"
          type="search"
          maxLength={500}
          required
          value={asked}
          change={setAsked}
        />
        <Submit>Check</Submit>
      </Form>
      {topic && <Checked key={times} topic={topic} />}
      <Gaps
        check={(title) => {
          setAsked(title);
          check(title);
        }}
      />
    </>
  );
}

function Checked({ topic }: { topic: string }): VNode {
  const read = useRead(CoverageDocument, { topic });
  return <Loaded read={read}>{({ coverage }) => <Verdict verdict={coverage} read={read} />}</Loaded>;
}

function Verdict({ verdict, read }: { verdict: VerdictFragment; read: Read<unknown> }): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  // It may have been asked for from far below.
  useEffect(() => heading.current?.focus(), []);
  return (
    <section aria-labelledby="verdict">
      <h2 id="verdict" ref={heading} tabIndex={-1}>
        {verdict.topic.title}:{" "}
        <span class={verdict.covered ? "good" : "gap"}>{verdict.covered ? "covered" : "not covered"}</span>
      </h2>
      <p>
        Confidence <strong>{percent(verdict.confidence, 1)} %</strong>; {plural(verdict.numChunks, "passage")} at or
        above the threshold. {verdict.fallbackReason && `Judged by lesser means: ${verdict.fallbackReason}. `}
        {verdict.overriddenBy && (
          <>
            Overruled by {verdict.overriddenBy.reviewer} on {day(verdict.overriddenBy.at)}
            {verdict.overriddenBy.note && `: “${verdict.overriddenBy.note}”`}.
          </>
        )}
      </p>
      {verdict.parts.length > 0 && (
        <Table
          caption="Why: what each kind of evidence adds, in log-odds"
          columns={["Evidence", "Log-odds"]}
          rows={verdict.parts.map((part) => ({ key: part.name, cells: [part.name, part.logOdds.toFixed(2)] }))}
        />
      )}
      <Overrule topic={verdict.topic.id} covered={verdict.covered} changed={read.again} />
      <h3>Best passages</h3>
      {verdict.passages.length === 0 && <p class="hint">Nothing was found.</p>}
      {verdict.passages.map(
        ({ passage, score }) =>
          passage && (
            <details key={passage.id} class="evidence">
              <summary>
                {percent(score, 1)} % · {passage.section?.book?.title} · {passage.section?.title}
              </summary>
              <PassageText text={passage.text} />
            </details>
          ),
      )}
      {!verdict.covered && (
        <>
          <h3>Elsewhere</h3>
          <Resources list={verdict.externalResources} />
        </>
      )}
    </section>
  );
}

function Overrule({ topic, covered, changed }: { topic: string; covered: boolean; changed: () => void }): VNode {
  const [verdict, setVerdict] = useState<"covered" | "not">(covered ? "not" : "covered");
  const [note, setNote] = useState("");
  const [said, setSaid] = useState(false);
  const overrule = useChange(OverrideCoverageDocument);
  const run = async () => {
    const input = { topic, covered: verdict === "covered", ...(note.trim() && { note: note.trim() }) };
    const payload = await overrule.run({ input });
    setSaid(Boolean(payload));
    if (payload) changed();
  };
  return (
    <Form
      class="boxed"
      send={run}
      changes={[overrule]}
      fields={["note"]}
      actions={
        <>
          <Submit isPlain>Overrule</Submit>
          <span role="status">{said && "Kept. Paths follow when they are made anew."}</span>
        </>
      }
    >
      <Switch
        legend="Your verdict, for everyone and for good"
        value={verdict}
        options={[
          { value: "covered", label: "Covered" },
          { value: "not", label: "Not covered" },
        ]}
        choose={setVerdict}
      />
      <TextInput label="Why (optional)" name="note" maxLength={2000} value={note} change={setNote} />
    </Form>
  );
}

function Gaps({ check }: { check: (title: string) => void }): VNode {
  const read = useRead(LibraryGapsDocument, {});
  return (
    <section aria-labelledby="gaps">
      <h2 id="gaps">What everybody's jobs need most and the library lacks</h2>
      <Loaded read={read}>
        {({ libraryGaps }) =>
          libraryGaps.length === 0 ? (
            <p class="hint">No gap: nobody has a job yet, or the library covers them all.</p>
          ) : (
            <Table
              caption="Gaps, the most needed first"
              columns={["Topic", "Jobs", "Score", "Nearest"]}
              rows={libraryGaps.map((gap) => ({
                key: gap.topic.id,
                cells: [
                  <button type="button" class="link" onClick={() => check(gap.topic.title)}>
                    {gap.topic.title}
                  </button>,
                  gap.jobCount,
                  gap.score.toFixed(2),
                  gap.nearestPassage?.passage?.section
                    ? `${gap.nearestPassage.passage.section.title} (${percent(gap.nearestPassage.score, 1)} %)`
                    : "nothing",
                ],
              }))}
            />
          )
        }
      </Loaded>
    </section>
  );
}
