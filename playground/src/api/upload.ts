/** A book, sent as it is; how far the sending is, only the oldest of the browser's ways tells. */
import { authorization } from "./session";
import type { Trouble } from "./trouble";

/** Answers the id by which `Ingestion` follows the book into the library. */
export function sendBook(file: File, sent: (percent: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const title = file.name.replace(/\.[^.]+$/, "");
    request.open("POST", `/books?${new URLSearchParams({ title, file: file.name })}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => sent(total ? Math.round((100 * loaded) / total) : 0);
    request.onload = () => {
      const answer = read(request.responseText);
      if (answer.id) resolve(answer.id);
      else
        reject({
          message: answer.errors?.[0]?.message ?? "the server did not take the book",
          code: answer.errors?.[0]?.extensions?.code ?? "",
        } satisfies Trouble);
    };
    request.onerror = () =>
      reject({ message: "the book could not be sent", code: "", unreachable: true } satisfies Trouble);
    request.send(file);
  });
}

interface Answer {
  id?: string;
  errors?: { message: string; extensions?: { code?: string } }[];
}

function read(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}
