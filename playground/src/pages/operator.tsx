/** For whoever runs the server. */
import type { VNode } from "preact";
import { useLocation } from "wouter-preact";
import { useLearner } from "../parts/learner";
import { Empty } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { useTitle } from "../parts/title";
import { useArrivals } from "./operator/arrivals";
import { LibraryPart } from "./operator/library";
import { ReviewPart } from "./operator/review";
import { CachePart, PluginsPart, UsagePart } from "./operator/running";

const PARTS = [
  { value: "library", label: "Library" },
  { value: "coverage", label: "Coverage review" },
  { value: "plugins", label: "Plugins" },
  { value: "cache", label: "Cache" },
  { value: "usage", label: "Usage and cost" },
] as const;

export function Operator({ part }: { part: string }): VNode {
  useTitle("Operator");
  const { isLearnersKey } = useLearner();
  return isLearnersKey ? <NotForLearners /> : <Parts part={part} />;
}

function NotForLearners(): VNode {
  return (
    <Empty title="This page is for whoever runs the server">
      <p>Your key is a learner's: it opens your own pages and nobody else's.</p>
    </Empty>
  );
}

function Parts({ part }: { part: string }): VNode {
  const [, go] = useLocation();
  const known = PARTS.find(({ value }) => value === part)?.value ?? "library";
  // Books go on coming in while another tab is open.
  const arrivals = useArrivals();
  return (
    <>
      <div class="heading">
        <h1>Operator</h1>
        <a href="/graphiql" class="button">
          GraphiQL
        </a>
      </div>
      <Tabs label="Parts" tabs={PARTS} value={known} choose={(value) => go(`/operator/${value}`, { replace: true })}>
        {known === "library" && <LibraryPart arrivals={arrivals} />}
        {known === "coverage" && <ReviewPart />}
        {known === "plugins" && <PluginsPart />}
        {known === "cache" && <CachePart />}
        {known === "usage" && <UsagePart />}
      </Tabs>
    </>
  );
}
