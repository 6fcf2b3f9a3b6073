import { expect, test } from "vitest";
import type { ArrivalFragment } from "../../../generated/operations";
import { percentOf, stateOf } from "./arrivals";

const RUNNING = { state: "RUNNING", percent: 40, passageCount: 1, outcome: null, error: null } as ArrivalFragment;
const arrival = (sent: number, ingestion?: Partial<ArrivalFragment>) => ({
  key: "k",
  title: "Nets.pdf",
  sent,
  ...(ingestion && { ingestion: { ...RUNNING, ...ingestion } }),
});

test("the bar never goes back on the way from the first byte to the last passage", () => {
  const way = [
    arrival(0),
    arrival(50),
    arrival(100),
    arrival(100, { percent: 0 }),
    arrival(100, {}),
    arrival(100, { percent: 100 }),
  ];
  const bar = way.map(percentOf);
  expect(bar).toEqual(bar.toSorted((a, b) => a - b));
  expect(percentOf(arrival(100, { state: "COMPLETED", percent: 97 }))).toBe(100);
});

test("each state of a book has its words, and what failed outweighs them", () => {
  expect([arrival(0), arrival(99), arrival(100), arrival(100, {})].map(stateOf)).toEqual([
    "waits",
    "sending, 99 %",
    "is sent",
    "being read, 40 %, 1 passage",
  ]);
  expect(stateOf(arrival(100, { outcome: "REPLACED", passageCount: 2 }))).toBe("replaced the one before, 2 passages");
  const error = { code: "INVALID_INPUT", message: "the file is no PDF" } as ArrivalFragment["error"];
  expect(stateOf(arrival(100, { outcome: "ADDED", error }))).toBe("The file is no PDF.");
});
