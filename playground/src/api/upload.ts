/** A book, sent as it is; how far the sending is, only the oldest of the browser's ways tells. */
import { authorization } from "./session";
import { codeOf, type Trouble } from "./trouble";

/** The id by which `Ingestion` follows the book into the library, or why it has none. */
export type Sent = { id: string } | { trouble: Trouble };

export function sendBook(file: File, sent: (percent: number) => void): Promise<Sent> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const title = file.name.replace(/\.[^.]+$/, "");
    request.open("POST", `/books?${new URLSearchParams({ title, file: file.name })}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => sent(total ? Math.round((100 * loaded) / total) : 0);
    request.onload = () => {
      resolve(answered(request.responseText));
    };
    request.onerror = () =>
      resolve({ trouble: { message: "the book could not be sent", code: "", unreachable: true } });
    request.send(file);
  });
}

/** What the server said, also where something before it answered in its stead. */
export function answered(text: string): Sent {
  const { id, errors } = read(text);
  if (id) return { id };
  const [error] = errors ?? [];
  return {
    trouble: { message: error?.message ?? "the server did not take the book", code: codeOf(error?.extensions) },
  };
}

interface Answer {
  id?: string;
  errors?: { message: string; extensions?: Record<string, unknown> }[];
}

function read(text: string): Answer {
  try {
    return (JSON.parse(text) ?? {}) as Answer;
  } catch {
    return {};
  }
}
