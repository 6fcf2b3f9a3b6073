/** Coverage as a picture: each topic a book's spine on a shelf; gaps where the library has none. */
import type { VNode } from "preact";
import type { PlacedTopicFragment, WholePathFragment } from "../../generated/operations";
import { plural } from "./format";

interface ShelfProps {
  topics: readonly PlacedTopicFragment[];
  uncovered: WholePathFragment["uncoveredTopics"];
}

const HEIGHT = 96;
const WIDTH = 14;
const GAP = 4;

export function Shelf({ topics, uncovered }: ShelfProps): VNode {
  const done = topics.filter((topic) => topic.completed).length;
  const most = Math.max(...topics.map((topic) => topic.hours), 1);
  const width = (topics.length + uncovered.length) * (WIDTH + GAP) + GAP;
  const label = `${plural(topics.length, "topic")} covered, ${done} of them completed, ${uncovered.length} not covered`;
  return (
    <figure class="shelf">
      <svg
        viewBox={`0 0 ${width} ${HEIGHT + 6}`}
        role="img"
        aria-label={label}
        style={{ maxWidth: `${width * 1.6}px` }}
      >
        {topics.map((topic, at) => (
          <Spine
            key={topic.id}
            at={at}
            height={0.5 + (0.5 * topic.hours) / most}
            look={topic.completed ? "done" : "covered"}
            name={topic.title}
          />
        ))}
        {uncovered.map(({ topic }, at) => (
          <Spine key={topic.id} at={topics.length + at} height={0.7} look="gap" name={`${topic.title}: not covered`} />
        ))}
        <rect class="board" x="0" y={HEIGHT + 1} width={width} height="4" rx="1" />
      </svg>
      <figcaption>
        <span class="key done">completed</span> <span class="key covered">covered</span>{" "}
        <span class="key gap">not covered</span>
      </figcaption>
    </figure>
  );
}

interface SpineProps {
  at: number;
  /** Of the shelf's height, 0 to 1. */
  height: number;
  look: "done" | "covered" | "gap";
  name: string;
}

function Spine({ at, height, look, name }: SpineProps): VNode {
  const x = GAP + at * (WIDTH + GAP);
  const top = HEIGHT * (1 - height);
  return (
    <g class={`spine ${look}`}>
      <title>{name}</title>
      <rect x={x} y={top + 1} width={WIDTH} height={HEIGHT * height - 1} rx="2" />
      {look === "done" && <path d={`M${x + 3.5} ${top + 13} l3 3.5 l4.5 -6.5`} />}
      {look === "covered" && <path d={`M${x + 3.5} ${top + 9} h${WIDTH - 7} M${x + 3.5} ${top + 13} h${WIDTH - 7}`} />}
    </g>
  );
}
