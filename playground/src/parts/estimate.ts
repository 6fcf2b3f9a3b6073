/** What making a path will take. */
import type { EstimateGenerationInput } from "../../generated/operations";
import { usd } from "./format";
import type { Job } from "./job-form";

/** What an estimate asks of a job. */
export function estimateInput({ way, templateId, description, title }: Job): EstimateGenerationInput {
  if (way === "template") return { templateId };
  return { jobDescription: description, ...(title.trim() && { jobTitle: title.trim() }) };
}

interface Estimated {
  seconds: number;
  usd: number | null;
  model: string | null;
  fallbackReason: string | null;
}

/** For people, before anything is spent. */
export function estimateText({ seconds, usd: cost, model, fallbackReason }: Estimated): string {
  const time = seconds < 2 ? "a second or two" : `about ${Math.ceil(seconds)} seconds`;
  if (!model || fallbackReason) {
    const why = fallbackReason ? `: ${fallbackReason}` : "";
    return `Making the path takes ${time}. The embedded analyzer reads the job, without a language model${why}. It costs nothing.`;
  }
  return `Making the path takes ${time}, with ${model}, and costs ${cost === null ? "what the model's endpoint asks: its price is not known here" : usd(cost)}.`;
}
