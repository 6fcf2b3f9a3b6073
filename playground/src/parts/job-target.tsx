/** The job a path leads to, as it was read, and by whom. */
import type { VNode } from "preact";
import { Link } from "wouter-preact";
import { RoleTemplatesDocument, type PathQuery, type WholePathFragment } from "../../generated/operations";
import { useRead } from "../api/use";
import { sentence } from "../api/trouble";
import { percent, plural, SENIORITIES } from "./format";

interface JobTargetProps {
  user: NonNullable<PathQuery["user"]>;
  path: WholePathFragment;
}

export function JobTarget({ user, path }: JobTargetProps): VNode {
  const profile = path.jobProfile;
  const role = useRoleName(profile.roleType);
  const name = user.jobTitle ?? role;
  const facts = [
    user.firm,
    name === role ? "" : `read as ${role}`,
    profile.seniority === "NOT_SPECIFIED" ? "" : SENIORITIES[profile.seniority],
    profile.domainFocus.slice(0, 3).join(", "),
  ];
  return (
    <header class="job">
      <p class="eyebrow">Your path to</p>
      <h1>{name}</h1>
      <p class="facts">{facts.filter(Boolean).join(" · ")}</p>
      {profile.tools.length > 0 && (
        <ul class="chips" aria-label="Tools">
          {profile.tools.slice(0, 12).map((tool) => (
            <li key={tool}>{tool}</li>
          ))}
        </ul>
      )}
      <details>
        <summary>How the job was read</summary>
        <Reading profile={profile} />
      </details>
      <Link href="/start" class="quiet-link">
        Another job
      </Link>
    </header>
  );
}

function Reading({ profile }: { profile: WholePathFragment["jobProfile"] }): VNode {
  return (
    <>
      <p>
        {origin(profile)}{" "}
        {profile.fallbackReason && `It stood in for the language model: ${sentence(profile.fallbackReason)}`}
      </p>
      <h3>{plural(profile.requiredTopics.length, "topic")} the job asks for</h3>
      <ul class="required">
        {profile.requiredTopics.map(({ topic, title, weight, evidence }) => (
          <li key={topic.id}>
            <strong>{title}</strong> <small>weight {percent(weight, 1)} %</small>
            {evidence && <q>{evidence}</q>}
          </li>
        ))}
      </ul>
      {profile.implicitTopics.length > 0 && (
        <>
          <h3>Needed without being named</h3>
          <ul class="required">
            {profile.implicitTopics.map(({ topic, title, reason }) => (
              <li key={topic.id}>
                <strong>{title}</strong>: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function origin(profile: WholePathFragment["jobProfile"]): string {
  const sure = `It can be trusted to ${percent(profile.confidence, 1)} %.`;
  switch (profile.origin) {
    case "TEMPLATE":
      return "A role template, ready-made.";
    case "LANGUAGE_MODEL":
      return `A language model read the posting; what it said was checked against the text. ${sure}`;
    case "EMBEDDED":
      return `The embedded analyzer read the posting, without a language model. ${sure}`;
  }
}

/** A template's name for its id; the id until it is known, or where an operator took the template away. */
export function useRoleName(id: string): string {
  const { data } = useRead(RoleTemplatesDocument, {});
  return data?.roleTemplates.find((template) => template.id === id)?.name ?? id.replaceAll("_", " ");
}
