/** Books on their way in: sent, read, embedded. */
import { useClient } from "@urql/preact";
import type { VNode } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type ArrivalFragment, IngestionDocument, IngestionsDocument } from "../../../generated/operations";
import { useSocket } from "../../api/socket";
import { sentence, type Trouble } from "../../api/trouble";
import { sendBook } from "../../api/upload";
import { plural } from "../../parts/format";

export interface Arrival {
  key: string;
  title: string;
  /** Of the sending, 0 to 100. */
  sent: number;
  /** Once it is sent. */
  ingestion?: ArrivalFragment;
  trouble?: Trouble;
}

export interface ArrivalDesk {
  list: readonly Arrival[];
  /** How many came in since the page was opened. */
  cameIn: number;
  send: (files: readonly File[]) => void;
}

let count = 0;

/** Sends one after the other: the server reads one book at a time. Lives as long as the operator's page, whichever tab is open. */
export function useArrivals(): ArrivalDesk {
  const client = useClient();
  const { follow } = useSocket();
  const [list, setList] = useState<readonly Arrival[]>([]);
  const [cameIn, setCameIn] = useState(0);
  const queueRef = useRef(Promise.resolve());
  /** What is followed now; nothing any more once the page is left. */
  const endsRef = useRef<Set<() => void> | null>(null);
  const change = useCallback((key: string, part: Partial<Arrival>) => {
    setList((before) => before.map((arrival) => (arrival.key === key ? { ...arrival, ...part } : arrival)));
  }, []);
  /** Until the book is in, something fails, or the page is left. */
  const watch = useCallback(
    (key: string, id: string) =>
      new Promise<void>((resolve) => {
        const ends = endsRef.current;
        if (!ends) {
          resolve();
          return;
        }
        const done = () => {
          ends.delete(done);
          end();
          resolve();
        };
        const end = follow(IngestionDocument, () => ({ id }), {
          next: ({ ingestion }) => change(key, { ingestion }),
          failed: (trouble) => {
            change(key, { trouble });
            done();
          },
          ended: () => {
            setCameIn((before) => before + 1);
            done();
          },
        });
        ends.add(done);
      }),
    [follow, change],
  );
  useEffect(() => {
    const ends = new Set<() => void>();
    endsRef.current = ends;
    // What was sent before this page was opened is followed too. Where that is refused, so is everything else here.
    const asked = client.query(IngestionsDocument, {}, { requestPolicy: "network-only" }).toPromise();
    void asked.then(({ data }) => {
      if (endsRef.current !== ends) return;
      const running = (data?.ingestions ?? []).filter(({ state }) => state === "RUNNING");
      setList((before) => [
        ...running.map((ingestion) => ({ key: ingestion.id, title: ingestion.title, sent: 100, ingestion })),
        ...before,
      ]);
      for (const { id } of running) void watch(id, id);
    });
    return () => {
      endsRef.current = null;
      for (const end of [...ends]) end();
    };
  }, [client, watch]);
  const sendOne = async (key: string, file: File) => {
    const answer = await sendBook(file, (sent) => change(key, { sent }));
    change(key, "trouble" in answer ? answer : { sent: 100 });
    if ("id" in answer) await watch(key, answer.id);
  };
  const send = (files: readonly File[]) => {
    const arrivals = files.map((file) => ({ file, arrival: { key: `sent-${++count}`, title: file.name, sent: 0 } }));
    setList((before) => [...before, ...arrivals.map(({ arrival }) => arrival)]);
    for (const { file, arrival } of arrivals)
      queueRef.current = queueRef.current.then(() => sendOne(arrival.key, file));
  };
  return { list, cameIn, send };
}

export function Arrivals({ list }: { list: readonly Arrival[] }): VNode | null {
  if (list.length === 0) return null;
  return (
    <ul class="arrivals" aria-label="Books on their way">
      {list.map((arrival) => (
        <li key={arrival.key}>
          <strong>{arrival.title}</strong>
          <progress max={100} value={percentOf(arrival)} aria-label={arrival.title} />
          <span role="status" class={arrival.trouble || arrival.ingestion?.error ? "bad" : undefined}>
            {stateOf(arrival)}
          </span>
          {(arrival.ingestion?.skipped ?? []).map((file) => (
            <small key={file.name}>
              skipped {file.name}: {file.reason}
            </small>
          ))}
        </li>
      ))}
    </ul>
  );
}

/** Sending is the first quarter: reading takes longer, whatever the line. */
export function percentOf({ sent, ingestion }: Arrival): number {
  if (!ingestion) return sent / 4;
  return ingestion.state === "COMPLETED" ? 100 : 25 + ingestion.percent * 0.75;
}

const OUTCOMES = { ADDED: "is in", REPLACED: "replaced the one before", UNCHANGED: "was there already" };

export function stateOf({ sent, ingestion, trouble }: Arrival): string {
  const failed = trouble ?? ingestion?.error;
  if (failed) return sentence(failed.message);
  if (!ingestion) return sent === 0 ? "waits" : sent < 100 ? `sending, ${sent} %` : "is sent";
  if (ingestion.outcome) return `${OUTCOMES[ingestion.outcome]}, ${plural(ingestion.passageCount, "passage")}`;
  return `being read, ${ingestion.percent} %, ${plural(ingestion.passageCount, "passage")}`;
}
