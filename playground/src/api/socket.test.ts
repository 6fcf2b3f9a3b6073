import { gql, type TypedDocumentNode } from "@urql/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeSocket, type Sink, type Socket } from "./socket";

interface Counted {
  counted: number;
}

const COUNTED: TypedDocumentNode<Counted, { after: number }> = gql`
  subscription Counted($after: Int!) {
    counted(after: $after)
  }
`;

interface Message {
  type: string;
  id: string;
  payload: { variables: { after: number } };
}

/** A line whose other end is the test. */
class Line {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  /** All that were opened, in their order. */
  static all: Line[] = [];

  readyState = Line.CONNECTING;
  sent: Message[] = [];
  closedWith: number | undefined;
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: ((event: { code: number; reason: string }) => void) | null;

  constructor() {
    Line.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Message);
  }

  close(code: number, reason = ""): void {
    this.readyState = Line.CLOSED;
    this.closedWith = code;
    this.onclose?.({ code, reason });
  }

  say(type: string, rest: object = {}): Promise<unknown> {
    this.onmessage?.({ data: JSON.stringify({ type, ...rest }) });
    return settled();
  }

  /** The server takes the line. */
  async open(): Promise<void> {
    this.readyState = Line.OPEN;
    this.onopen?.();
    await settled();
    await this.say("connection_ack");
  }

  /** Of the subscriptions that were asked for. */
  get asked(): Message[] {
    return this.sent.filter(({ type }) => type === "subscribe");
  }
}

const settled = () => vi.advanceTimersByTimeAsync(0);

/** Longer than the first pause before another try ever is. */
const PAUSE = 350;

let socket: Socket;
const heard = () => ({
  next: vi.fn<Sink<Counted>["next"]>(),
  failed: vi.fn<Sink<Counted>["failed"]>(),
  ended: vi.fn<() => void>(),
});

let sink: ReturnType<typeof heard>;

beforeEach(() => {
  vi.useFakeTimers();
  Line.all = [];
  socket = makeSocket({ url: "ws://here/graphql/ws", greeting: () => ({ key: "ada" }), webSocket: Line });
  sink = heard();
});

afterEach(() => {
  vi.useRealTimers();
});

function line(at: number): Line {
  const found = Line.all[at];
  if (!found) throw new Error(`only ${Line.all.length} lines were opened`);
  return found;
}

/** Follows from the number on that is given, over a line that stands. */
async function followed(after = () => 0): Promise<{ id: string; letGo: () => void }> {
  const letGo = socket.follow(COUNTED, () => ({ after: after() }), sink);
  await settled();
  await line(0).open();
  return { id: line(0).asked.at(-1)?.id ?? "", letGo };
}

test("nothing is opened before somebody follows, and the line begins with the key", async () => {
  await settled();
  expect([Line.all.length, socket.connection()]).toEqual([0, "idle"]);
  await followed();
  expect(line(0).sent[0]).toEqual({ type: "connection_init", payload: { key: "ada" } });
  expect(socket.connection()).toBe("open");
});

test("after a lost line it is asked for again, behind the last event", async () => {
  let last = 0;
  sink.next.mockImplementation(({ counted }) => {
    last = counted;
  });
  const told = vi.fn();
  socket.watch(told);
  const { id } = await followed(() => last);
  await line(0).say("next", { id, payload: { data: { counted: 3 } } });
  line(0).close(1012, "restart");
  await settled();
  expect(socket.connection()).toBe("lost");
  await vi.advanceTimersByTimeAsync(PAUSE);
  await line(1).open();
  expect([line(0), line(1)].map(({ asked }) => asked[0]?.payload.variables)).toEqual([{ after: 0 }, { after: 3 }]);
  expect(told.mock.calls.flat()).toEqual(["open", "lost", "open"]);
  expect(sink.failed).not.toHaveBeenCalled();
});

test("a completion is told once, and a line that nobody uses is closed", async () => {
  const { id } = await followed();
  await line(0).say("complete", { id });
  expect(sink.ended).toHaveBeenCalledOnce();
  expect([line(0).closedWith, socket.connection()]).toEqual([1000, "idle"]);
});

test("an error ends it with the server's code, and nothing is tried again", async () => {
  const { id } = await followed();
  await line(0).say("error", { id, payload: [{ message: "no such path", extensions: { code: "NOT_FOUND" } }] });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sink.failed.mock.calls).toEqual([[{ message: "no such path", code: "NOT_FOUND" }]]);
  expect([sink.ended.mock.calls.length, Line.all.length, socket.connection()]).toEqual([0, 1, "idle"]);
});

test("an event that is an error is told, and the next one comes all the same", async () => {
  const { id } = await followed();
  await line(0).say("next", { id, payload: { errors: [{ message: "busy", extensions: { code: "BUSY" } }] } });
  await line(0).say("next", { id, payload: { data: { counted: 1 } } });
  expect(sink.failed).toHaveBeenCalledWith({ message: "busy", code: "BUSY" });
  expect(sink.next.mock.calls).toEqual([[{ counted: 1 }]]);
});

test("a key that is refused is refused for good", async () => {
  socket.follow(COUNTED, () => ({ after: 0 }), sink);
  await settled();
  line(0).close(4403, "the key is not known");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sink.failed.mock.calls).toEqual([[{ message: "the key is not known", code: "" }]]);
  expect(Line.all).toHaveLength(1);
});

test("two share a line; one that is let go hears nothing more, and the other goes on", async () => {
  const { id, letGo } = await followed();
  const other = heard();
  socket.follow(COUNTED, () => ({ after: 7 }), other);
  await settled();
  letGo();
  letGo();
  await line(0).say("next", { id, payload: { data: { counted: 1 } } });
  await line(0).say("next", { id: line(0).asked[1]?.id, payload: { data: { counted: 8 } } });
  expect(
    line(0)
      .sent.filter(({ type }) => type === "complete")
      .map((message) => message.id),
  ).toEqual([id]);
  for (const called of Object.values(sink)) expect(called).not.toHaveBeenCalled();
  expect(other.next.mock.calls).toEqual([[{ counted: 8 }]]);
  expect([Line.all.length, socket.connection()]).toEqual([1, "open"]);
});

test("a line that has fallen silent is given up for another", async () => {
  await followed();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(line(0).sent.at(-1)?.type).toBe("ping");
  await vi.advanceTimersByTimeAsync(4_999);
  expect(socket.connection()).toBe("open");
  await vi.advanceTimersByTimeAsync(1);
  expect([line(0).closedWith, socket.connection()]).toEqual([4499, "lost"]);
  await vi.advanceTimersByTimeAsync(PAUSE);
  await line(1).open();
  expect([line(1).asked.length, socket.connection()]).toEqual([1, "open"]);
});

test("the silence of a lost line is not held against the next", async () => {
  await followed();
  await vi.advanceTimersByTimeAsync(10_000);
  line(0).close(1006);
  await vi.advanceTimersByTimeAsync(PAUSE);
  await line(1).open();
  await vi.advanceTimersByTimeAsync(9_000);
  expect([line(1).closedWith, socket.connection()]).toEqual([undefined, "open"]);
});
