import type { VNode } from "preact";
import { Link } from "wouter-preact";
import { useTitle } from "../parts/title";

export function NotFound(): VNode {
  useTitle("Not found");
  return (
    <div class="narrow">
      <h1>There is no such page</h1>
      <p>
        <Link href="/">To the beginning</Link>
      </p>
    </div>
  );
}
