import { expect, test } from "vitest";
import { estimateInput, estimateText } from "./estimate";
import { isComplete, type Job, jobInput, NO_JOB } from "./job-form";

const EMBEDDED = { seconds: 1.2, usd: 0, model: null, fallbackReason: null };
const MODEL = { seconds: 8.1, usd: 0.004, model: "stub", fallbackReason: null };

test("who reads the job, how long that takes and what it costs is said before it is spent", () => {
  expect(estimateText(EMBEDDED)).toBe(
    "Making the path takes a second or two. The embedded analyzer reads the job, without a language model. It costs nothing.",
  );
  expect(estimateText(MODEL)).toBe("Making the path takes about 9 seconds, with stub, and costs less than 1 ¢.");
});

test("a model whose price is not known is not called free, one that cannot be asked is not named as reader", () => {
  expect(estimateText({ ...MODEL, usd: null })).toContain("its price is not known here");
  const spent = estimateText({ ...MODEL, fallbackReason: "the budget is spent" });
  expect(spent).toContain("without a language model: the budget is spent. It costs nothing.");
  expect(spent).not.toContain("stub");
});

const POSTING: Job = {
  ...NO_JOB,
  way: "posting",
  templateId: "general",
  description: " SQL ",
  title: " ",
  firm: " A ",
};

test("a job is sent as it was named: what was filled in on the other side is left out", () => {
  expect(jobInput({ ...POSTING, way: "template" })).toEqual({ templateId: "general" });
  expect(jobInput({ ...POSTING, seniority: "SENIOR" })).toEqual({
    jobDescription: " SQL ",
    firm: "A",
    jobSeniority: "SENIOR",
  });
  expect(estimateInput(POSTING)).toEqual({ jobDescription: " SQL " });
  expect(estimateInput({ ...POSTING, title: "Analyst " })).toEqual({ jobDescription: " SQL ", jobTitle: "Analyst" });
});

test("a job is complete on the side that is in sight", () => {
  expect(isComplete(NO_JOB)).toBe(false);
  expect(isComplete(POSTING)).toBe(true);
  expect(isComplete({ ...POSTING, description: " \n" })).toBe(false);
});
