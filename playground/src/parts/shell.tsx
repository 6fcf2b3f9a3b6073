import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { useConnection } from "../api/socket";
import icon from "../icon.svg";
import { useLearner } from "./learner";

const PLACES = [
  { to: "/path", name: "Path" },
  { to: "/progress", name: "Progress" },
  { to: "/jobs", name: "Jobs" },
  { to: "/settings", name: "Settings" },
];

export function Shell({ children }: { children: ComponentChildren }): VNode {
  const { user, isLearnersKey } = useLearner();
  const [location] = useLocation();
  const places = [...(user ? PLACES : []), ...(isLearnersKey ? [] : [{ to: "/operator", name: "Operator" }])];
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <Link href="/" class="brand">
          <img src={icon} alt="" width="28" height="28" />
          Pathwright
        </Link>
        <nav aria-label="Pages">
          {places.map(({ to, name }) => (
            <Link key={to} href={to} aria-current={location.startsWith(to) ? "page" : undefined}>
              {name}
            </Link>
          ))}
        </nav>
      </header>
      <Lines />
      <Content location={location}>{children}</Content>
      <NextStep location={location} />
    </>
  );
}

/** After a change of page the focus stands at its beginning, as after a load; on the way back everything stands as it was. */
function Content({ location, children }: { location: string; children: ComponentChildren }): VNode {
  const mainRef = useRef<HTMLElement>(null);
  const keepsPlaceRef = useRef(true);
  // The operator's tabs are one page.
  const page = location.startsWith("/operator") ? "/operator" : location;
  useEffect(() => {
    const travel = () => {
      keepsPlaceRef.current = true;
    };
    addEventListener("popstate", travel);
    return () => removeEventListener("popstate", travel);
  }, []);
  useEffect(() => {
    if (!keepsPlaceRef.current) {
      window.scrollTo(0, 0);
      mainRef.current?.focus({ preventScroll: true });
    }
    keepsPlaceRef.current = false;
  }, [page]);
  return (
    <main id="main" class="page" ref={mainRef} tabIndex={-1}>
      {children}
    </main>
  );
}

/** Whether the browser is offline or the server's connection is lost. */
function Lines(): VNode {
  const connection = useConnection();
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  const message = !online
    ? "You are offline. What you see stays; nothing new comes."
    : connection === "lost"
      ? "The connection was lost. Reconnecting…"
      : "";
  return (
    <div class="lines" role="status" aria-live="polite">
      {message && <p>{message}</p>}
    </div>
  );
}

/** The next step, always in sight. */
function NextStep({ location }: { location: string }): VNode | null {
  const { user } = useLearner();
  const next = user?.nextTopic;
  const hasTopics = (user?.learningPath?.coveragePercentage ?? 0) > 0;
  if (
    !user?.learningPath ||
    location.startsWith("/start") ||
    location.startsWith("/making") ||
    location.startsWith("/operator")
  )
    return null;
  return (
    <aside class="next" aria-label="Next step">
      {next ? (
        <>
          <p>
            <span>Next</span> <strong>{next.title}</strong>
          </p>
          {location === `/topic/${next.id}` ? (
            <span class="here">You are here</span>
          ) : (
            <Link href={`/topic/${encodeURIComponent(next.id)}`} class="button primary">
              Continue
            </Link>
          )}
        </>
      ) : (
        <p>
          <strong>
            {hasTopics ? "Every topic of your path is completed." : "No topic of your job is covered yet."}
          </strong>
        </p>
      )}
    </aside>
  );
}
