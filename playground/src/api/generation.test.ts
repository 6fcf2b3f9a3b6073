import { expect, test } from "vitest";
import type { PathGenerationSubscription } from "../../generated/operations";
import { after, BEGINNING, isOver } from "./generation";

type Event = PathGenerationSubscription["pathGeneration"];

const event = (seq: number, part: Partial<Event> = {}): Event => ({
  seq,
  state: "RUNNING",
  step: null,
  done: 0,
  total: 2,
  percent: 10 * seq,
  message: `event ${seq}`,
  topic: null,
  coverage: null,
  error: null,
  ...part,
});

const judged = (seq: number, id: string, covered: boolean) =>
  event(seq, { topic: { id, title: id }, coverage: { covered, confidence: 1, source: null } });

test("topics are listed in the order in which they are judged, beside the step they belong to", () => {
  const events = [event(1, { step: "COVERAGE" }), judged(2, "sql", true), judged(3, "kafka", false), event(4)];
  const making = events.reduce(after, BEGINNING);
  expect(making).toMatchObject({ seq: 4, step: "COVERAGE", percent: 40, message: "event 4", error: undefined });
  expect(making.judged.map(({ id, covered }) => [id, covered])).toEqual([
    ["sql", true],
    ["kafka", false],
  ]);
});

test("an event that was seen before changes nothing", () => {
  const making = [judged(1, "sql", true), judged(2, "kafka", true)].reduce(after, BEGINNING);
  expect(after(making, judged(2, "kafka", true))).toBe(making);
  expect(after(making, event(1, { state: "FAILED" }))).toBe(making);
});

test("what it ended with is kept", () => {
  const error = { code: "GENERATION_CANCELLED" as const, message: "cancelled" };
  const making = after(BEGINNING, event(1, { state: "CANCELLED", error }));
  expect(making.error).toEqual(error);
  expect((["QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"] as const).filter(isOver)).toEqual([
    "COMPLETED",
    "FAILED",
    "CANCELLED",
  ]);
});
