import { beforeAll, expect, test, vi } from "vitest";

// West of Greenwich, where a calendar day read as a moment would be the day before.
vi.hoisted(() => vi.stubEnv("TZ", "America/Los_Angeles"));

let format: typeof import("./format");
beforeAll(async () => {
  format = await import("./format");
});

test("a calendar day is that day everywhere, a moment the day it is here", () => {
  expect(format.day("2031-01-01")).toBe("Jan 1, 2031");
  expect(format.day("2031-01-01T02:00:00Z")).toBe("Dec 31, 2030");
});

test.each([
  [0, "5 min"],
  [0.4, "25 min"],
  [1, "1 h"],
  [2.25, "2.3 h"],
  [9.96, "10 h"],
  [12.4, "12 h"],
])("%d hours are %s", (value, shown) => {
  expect(format.hours(value)).toBe(shown);
});

test("what costs little is not shown as free", () => {
  expect([0, 0.0004, 0.01, 1.005].map(format.usd)).toEqual(["$0", "less than 1 ¢", "$0.01", "$1.00"]);
});

test("counts, weeks, shares and places", () => {
  expect([0, 1, 1200].map((count) => format.plural(count, "topic"))).toEqual(["0 topics", "1 topic", "1,200 topics"]);
  expect([format.weeks(3, 0), format.weeks(3, 1), format.weeks(3, 2)]).toEqual(["Week 3", "Week 3", "Weeks 3–4"]);
  expect([format.percent(1, 3), format.percent(1, 0)]).toEqual([33, 0]);
  expect(format.place({ section: "Layers", page: 4, book: { title: "Nets" } })).toBe("Nets · Layers · p. 4");
  expect(format.place({ section: "Layers", page: null, book: null })).toBe("a book that is no longer there · Layers");
});
