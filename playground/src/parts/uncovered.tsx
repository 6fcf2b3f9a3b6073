/** What the library does not cover, and where else to learn it. */
import type { VNode } from "preact";
import type { ElsewhereFragment, WholePathFragment } from "../../generated/operations";
import { plural, RESOURCES } from "./format";

/** Places that are seen at once; the others on demand, so that a long list of gaps can be overlooked. */
const SHOWN = 2;

export function Uncovered({ topics }: { topics: WholePathFragment["uncoveredTopics"] }): VNode | null {
  if (topics.length === 0) return null;
  return (
    <section aria-labelledby="uncovered">
      <h2 id="uncovered">Not in your library</h2>
      <p class="hint">
        The job asks for these, and no book here treats them. These are other places to learn them; they leave this
        server.
      </p>
      <ul class="gaps">
        {topics.map(({ topic, externalResources }) => (
          <li key={topic.id}>
            <h3>{topic.title}</h3>
            <Resources list={externalResources} />
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Resources({ list }: { list: readonly ElsewhereFragment[] }): VNode {
  if (list.length === 0) return <p class="hint">The catalogue knows no place for it.</p>;
  const [first, further] = [list.slice(0, SHOWN), list.slice(SHOWN)];
  return (
    <>
      <ResourceList list={first} />
      {further.length > 0 && (
        <details>
          <summary>{plural(further.length, "more place")}</summary>
          <ResourceList list={further} />
        </details>
      )}
    </>
  );
}

function ResourceList({ list }: { list: readonly ElsewhereFragment[] }): VNode {
  return (
    <ul class="resources">
      {list.map((resource) => (
        <li key={resource.url}>
          <OutLink url={resource.url}>{resource.title}</OutLink>{" "}
          <small>
            {RESOURCES[resource.kind]}
            {resource.free ? ", free" : ", paid"}
          </small>
        </li>
      ))}
    </ul>
  );
}

/** Out of this server: only to the web, in a tab of its own, and without saying where one came from. */
function OutLink({ url, children }: { url: string; children: string }): VNode {
  if (!/^https?:\/\//i.test(url)) return <span>{children}</span>;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
