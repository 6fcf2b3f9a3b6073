/** Plugins and their health, the cache, what models cost. */
import type { ComponentChildren, VNode } from "preact";
import { useState } from "preact/hooks";
import {
  type OperationsQuery,
  OperationsDocument,
  RoleTemplatesDocument,
  WarmCacheDocument,
} from "../../../generated/operations";
import { type Read, useChange, useRead } from "../../api/use";
import { Select } from "../../parts/field";
import { Form, Submit } from "../../parts/form";
import { percent, plural, usd } from "../../parts/format";
import { Failed, Loaded } from "../../parts/states";
import { Table } from "../../parts/table";

/** Days of usage that are shown. */
const DAYS = 30;

const PURPOSES: Record<OperationsQuery["usage"]["byModel"][number]["purpose"], string> = {
  ANALYZE: "reading postings",
  SEQUENCE: "ordering paths",
  WRITE: "writing",
  EMBED: "embedding",
  PROBE: "probing",
};

function Running({
  children,
}: {
  children: (data: OperationsQuery, read: Read<OperationsQuery>) => ComponentChildren;
}): VNode {
  const read = useRead(OperationsDocument, { days: DAYS });
  return (
    <>
      <p class="buttons">
        <button type="button" onClick={read.again} disabled={read.busy}>
          Look again
        </button>
      </p>
      <Loaded read={read}>{(data) => children(data, read)}</Loaded>
    </>
  );
}

export function PluginsPart(): VNode {
  return (
    <Running>
      {({ plugins }) => (
        <Table
          caption="Plugins, in the order a path passes them; since the process started"
          columns={["Plugin", "Answers", "State", "Answered", "Failed", "Restarts", "Waiting"]}
          rows={plugins.map((plugin) => ({
            key: plugin.name,
            cells: [
              <>
                <strong>{plugin.name}</strong> <small>{plugin.version}</small>
              </>,
              plugin.capability,
              <span class={plugin.state === "RUNNING" ? "good" : "bad"}>
                {plugin.state === "RUNNING" ? "● running" : "○ restarting"}
              </span>,
              plugin.processed.toLocaleString("en"),
              plugin.failed.toLocaleString("en"),
              plugin.restarts.toLocaleString("en"),
              `${plugin.mailbox.depth} of ${plugin.mailbox.capacity}`,
            ],
          }))}
        />
      )}
    </Running>
  );
}

export function CachePart(): VNode {
  return (
    <Running>
      {({ cacheStats }, read) => (
        <>
          <dl class="numbers">
            <div>
              <dt>pieces held</dt>
              <dd>{cacheStats.entries.toLocaleString("en")}</dd>
            </div>
            <div>
              <dt>hits</dt>
              <dd>{cacheStats.hits.toLocaleString("en")}</dd>
            </div>
            <div>
              <dt>misses</dt>
              <dd>{cacheStats.misses.toLocaleString("en")}</dd>
            </div>
            <div>
              <dt>hit rate</dt>
              <dd>{percent(cacheStats.hitRate, 1)} %</dd>
            </div>
          </dl>
          <Table
            caption="By whom the pieces were written for"
            columns={["Written for", "Hits", "Misses", "Hit rate"]}
            rows={cacheStats.byKeyKind.map((kind) => ({
              key: kind.keyKind,
              cells: [KEY_KINDS[kind.keyKind], kind.hits, kind.misses, `${percent(kind.hitRate, 1)} %`],
            }))}
          />
          <Warm done={read.again} />
        </>
      )}
    </Running>
  );
}

const KEY_KINDS = {
  TEMPLATE: "users of a template",
  JOB_HASH: "users of the same posting",
  DEFAULT: "users without a job",
};

function Warm({ done }: { done: () => void }): VNode {
  const templates = useRead(RoleTemplatesDocument, {});
  const warm = useChange(WarmCacheDocument);
  const [chosen, setChosen] = useState<string>();
  const [pieces, setPieces] = useState<number>();
  const list = templates.data?.roleTemplates ?? [];
  const templateId = chosen ?? list[0]?.id ?? "";
  const run = async () => {
    setPieces(undefined);
    const payload = await warm.run({ templateId });
    setPieces(payload?.pieces);
    if (payload) done();
  };
  return (
    <Form
      send={run}
      changes={[warm]}
      actions={
        <>
          <Submit isPlain isReady={templateId !== ""} working="Writing…">
            Write them
          </Submit>
          <span role="status">{pieces !== undefined && `${plural(pieces, "piece")} ready.`}</span>
        </>
      }
    >
      <h2>Write ahead</h2>
      <Select
        label="Template"
        hint="Explanations and summaries of its covered topics."
        value={templateId}
        change={setChosen}
      >
        {list.map((template) => (
          <option key={template.id} value={template.id}>
            {template.name}
          </option>
        ))}
      </Select>
      {templates.trouble && <Failed trouble={templates.trouble} again={templates.again} />}
    </Form>
  );
}

export function UsagePart(): VNode {
  return (
    <Running>
      {({ usage }) => (
        <>
          <dl class="numbers">
            <div>
              <dt>spent today</dt>
              <dd>{usd(usage.budget.spentUsd)}</dd>
            </div>
            <div>
              <dt>a day's budget</dt>
              <dd>{usage.budget.dailyUsd === null ? "none" : usd(usage.budget.dailyUsd)}</dd>
            </div>
            <div>
              <dt>in {DAYS} days</dt>
              <dd>{usd(usage.total.usd)}</dd>
            </div>
            <div>
              <dt>saved by the cache</dt>
              <dd>{usd(usage.savedByCache.usd)}</dd>
            </div>
          </dl>
          {usage.budget.exhausted && (
            <p class="notice">Today's budget is spent: the embedded default does the work until midnight UTC.</p>
          )}
          {usage.total.calls === 0 ? (
            <p class="hint">No model was asked in {DAYS} days. The embedded default costs nothing.</p>
          ) : (
            <UsageTables usage={usage} />
          )}
          {usage.total.unpricedCalls > 0 && (
            <p class="hint">{plural(usage.total.unpricedCalls, "call")} had no known price and count as tokens only.</p>
          )}
        </>
      )}
    </Running>
  );
}

function UsageTables({ usage }: { usage: OperationsQuery["usage"] }): VNode {
  return (
    <>
      <Table
        caption="By model and purpose"
        columns={["Model", "For", "Calls", "Failed", "Tokens in", "Tokens out", "Cost"]}
        rows={usage.byModel.map((row) => ({
          key: row.model + row.purpose,
          cells: [row.model, PURPOSES[row.purpose], ...counts(row)],
        }))}
      />
      <Table
        caption="By day (UTC)"
        columns={["Day", "Calls", "Failed", "Tokens in", "Tokens out", "Cost"]}
        rows={usage.byDay.map((row) => ({ key: row.day, cells: [row.day, ...counts(row)] }))}
      />
    </>
  );
}

function counts(row: {
  calls: number;
  failedCalls: number;
  promptTokens: number;
  answerTokens: number;
  usd: number;
}): string[] {
  const whole = [row.calls, row.failedCalls, row.promptTokens, row.answerTokens].map((count) =>
    count.toLocaleString("en"),
  );
  return [...whole, usd(row.usd)];
}
