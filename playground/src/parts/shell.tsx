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
  const { user, isKeyed } = useLearner();
  const [location] = useLocation();
  const places = [...(user ? PLACES : []), ...(isKeyed ? [] : [{ to: "/operator", name: "Operator" }])];
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

/** After a change of page the focus stands at its beginning, as after a load. */
function Content({ location, children }: { location: string; children: ComponentChildren }): VNode {
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [location]);
  return (
    <main id="main" class="page" ref={main} tabIndex={-1}>
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
  const here = `/topic/${encodeURIComponent(next?.id ?? "")}`;
  if (!user?.learningPath || location.startsWith("/start") || location.startsWith("/making") || location.startsWith("/operator")) return null;
  return (
    <aside class="next" aria-label="Next step">
      {next ? (
        <>
          <p>
            <span>Next</span> <strong>{next.title}</strong>
          </p>
          {location === here ? <span class="here">You are here</span> : <Link href={here} class="button primary">Continue</Link>}
        </>
      ) : (
        <p>
          <strong>Every topic of your path is completed.</strong>
        </p>
      )}
    </aside>
  );
}
