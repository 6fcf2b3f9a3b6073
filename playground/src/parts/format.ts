/** Numbers, dates and the schema's closed sets, for people. */
import type {
  BookFormat,
  ContentKind,
  EducationLevel,
  PrerequisiteOrigin,
  ResourceKind,
  Seniority,
} from "../../generated/operations";

export const KINDS: Record<ContentKind, string> = {
  EXPLANATION: "Explanation",
  WORKED_EXAMPLE: "Worked example",
  QUIZ: "Quiz",
  INTERVIEW_QUESTIONS: "Interview questions",
  SUMMARY: "Summary",
};

export const SENIORITIES: Record<Seniority, string> = {
  NOT_SPECIFIED: "As the job says",
  JUNIOR: "Junior",
  MID: "Mid-level",
  SENIOR: "Senior",
};

export const EDUCATION: Record<EducationLevel, string> = {
  HIGH_SCHOOL: "School",
  BACHELOR: "Bachelor's degree",
  MASTER: "Master's degree",
  DOCTORATE: "Doctorate",
  OTHER: "Self-taught, or another way",
};

export const RESOURCES: Record<ResourceKind, string> = {
  ARTICLE: "article",
  BOOK: "book",
  COURSE: "course",
  DOCUMENTATION: "documentation",
  REFERENCE: "reference",
  SEARCH: "search",
  TUTORIAL: "tutorial",
  VIDEO: "video",
};

export const FORMATS: Record<BookFormat, string> = {
  EPUB: "EPUB",
  HTML: "HTML",
  MARKDOWN: "Markdown",
  NOTEBOOK: "Notebook",
  PDF: "PDF",
  RST: "reStructuredText",
  TEXT: "Plain text",
};

export const PREREQUISITE_ORIGINS: Record<PrerequisiteOrigin, string> = {
  TOPIC_MAP: "the topic map says so",
  LIBRARY: "your books treat it first",
  CROSS_REFERENCE: "your books refer back to it",
  LANGUAGE_MODEL: "proposed by a language model, checked",
  LIKENESS: "guessed from similar topics",
  SERIES: "parts of one series",
};

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

export function hours(value: number): string {
  return value < 1
    ? `${Math.max(5, Math.round((value * 60) / 5) * 5)} min`
    : `${Number(value.toFixed(value < 10 ? 1 : 0))} h`;
}

export function weeks(from: number, count: number): string {
  return count <= 1 ? `Week ${from}` : `Weeks ${from}–${from + count - 1}`;
}

const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });

const CALENDAR_DAY = new Intl.DateTimeFormat("en", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** Of a moment, here; of a calendar day (`YYYY-MM-DD`), that day everywhere. */
export function day(iso: string): string {
  return (iso.length === "YYYY-MM-DD".length ? CALENDAR_DAY : DAY).format(new Date(iso));
}

export function usd(value: number): string {
  if (value === 0) return "$0";
  return value < 0.01 ? "less than 1 ¢" : `$${value.toFixed(2)}`;
}

export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((100 * part) / whole);
}

/** Where a book treats something, as one would cite it. */
export function place(source: { section: string; page: number | null; book: { title: string } | null }): string {
  const book = source.book?.title ?? "a book that is no longer there";
  return `${book} · ${source.section}${source.page === null ? "" : ` · p. ${source.page}`}`;
}
