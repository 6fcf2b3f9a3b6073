import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { day, plural } from "./format";

const WIDTH = 640;
const HEIGHT = 180;
const LEFT = 32;
const BOTTOM = 24;

/** How many were completed by when: a line that climbs with each. The table below says the same. */
export function ClimbingLine({ moments }: { moments: readonly string[] }): VNode {
  const [now] = useState(() => Date.now());
  const line = climb(moments, now);
  const y = heightOf(moments.length);
  const begin = day(moments[0] ?? new Date(now).toISOString());
  const byDay = Map.groupBy(moments, (moment) => day(moment));
  return (
    <>
      <svg
        class="climbing-line"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${plural(moments.length, "topic")} completed since ${begin}`}
      >
        <path class="area" d={`M${LEFT} ${y(0)} ${line} H${WIDTH - 4} V${y(0)} Z`} />
        <path class="line" d={`M${LEFT} ${y(0)} ${line} H${WIDTH - 4}`} />
        <text x={LEFT - 6} y={y(moments.length) + 4} text-anchor="end">
          {moments.length}
        </text>
        <text x={LEFT - 6} y={y(0) + 4} text-anchor="end">
          0
        </text>
        <text x={LEFT} y={HEIGHT - 4}>
          {begin}
        </text>
        <text x={WIDTH - 4} y={HEIGHT - 4} text-anchor="end">
          today
        </text>
      </svg>
      <details>
        <summary>As a table</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Completed</th>
            </tr>
          </thead>
          <tbody>
            {[...byDay].map(([name, list]) => (
              <tr key={name}>
                <td>{name}</td>
                <td>{list.length}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

/** From the first moment, at the left, to now: along to each moment, and up by one. */
export function climb(moments: readonly string[], now: number): string {
  const times = moments.map((moment) => new Date(moment).getTime());
  const first = times[0] ?? now;
  const span = Math.max(now - first, 1);
  const x = (time: number) => LEFT + ((WIDTH - LEFT - 4) * (time - first)) / span;
  const y = heightOf(moments.length);
  return times.map((time, at) => `H${x(time).toFixed(1)} V${y(at + 1).toFixed(1)}`).join(" ");
}

function heightOf(most: number): (count: number) => number {
  return (count) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - 12) * count) / most;
}
