import { expect, test } from "vitest";
import type { WholePathFragment } from "../../generated/operations";
import { climb } from "./climbing-line";
import { withWeeks } from "./stages";

test("each stage begins in the week behind the one before", () => {
  const stages = [2, 1, 4].map((durationWeeks) => ({ durationWeeks }) as WholePathFragment["stages"][number]);
  expect(withWeeks(stages).map(({ week }) => week)).toEqual([1, 3, 4]);
  expect(withWeeks([])).toEqual([]);
});

test("the line climbs at each moment, from the left edge to the top", () => {
  const moments = ["2031-01-01T00:00:00Z", "2031-01-03T00:00:00Z"];
  const now = new Date("2031-01-05T00:00:00Z").getTime();
  expect(climb(moments, now)).toBe("H32.0 V84.0 H334.0 V12.0");
});

test("what was completed this very moment is drawn too", () => {
  const moment = "2031-01-01T00:00:00Z";
  expect(climb([moment], new Date(moment).getTime())).toBe("H32.0 V12.0");
});
