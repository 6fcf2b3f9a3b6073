/** The books: what is there, what comes in, what goes out. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import {
  LibraryDocument,
  type LibraryQuery,
  RemoveBookDocument,
  type ShelvedFragment,
} from "../../../generated/operations";
import { useChange, useRead } from "../../api/use";
import { Confirm } from "../../parts/confirm";
import { day, FORMATS, plural } from "../../parts/format";
import { Empty, Loaded } from "../../parts/states";
import { Table } from "../../parts/table";
import { type ArrivalDesk, Arrivals } from "./arrivals";

export function LibraryPart({ arrivals }: { arrivals: ArrivalDesk }): VNode {
  const read = useRead(LibraryDocument, {}, { about: "Book" });
  const { again } = read;
  useEffect(() => {
    // What came in since the list was read.
    if (arrivals.cameIn > 0) again();
  }, [arrivals.cameIn, again]);
  return (
    <>
      <Put send={arrivals.send} />
      <Arrivals list={arrivals.list} />
      <Loaded read={read}>
        {({ library }) => (
          <>
            <p class="hint">
              Revision {library.revision}
              {library.embedding &&
                `, embedded by ${library.embedding.model} (${library.embedding.dimension} dimensions)`}
              .
            </p>
            {library.books.totalCount === 0 ? (
              <Empty title="The library is empty">
                <p>Put a book in, and paths have something to stand on.</p>
              </Empty>
            ) : (
              <Books books={library.books} />
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

/** Files by the dialog or by dropping them; both are ways to the same place. */
function Put({ send }: { send: (files: readonly File[]) => void }): VNode {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const take = (list: FileList | null | undefined) => list && send([...list]);
  return (
    <div
      class={isOver ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <p>
        <strong>Put books in.</strong> PDF, EPUB, Markdown, HTML, reStructuredText, notebooks, plain text; a file is a
        book. One with the name of an earlier one replaces it.
      </p>
      <label class="button primary">
        Choose files
        <input
          ref={input}
          class="hidden"
          type="file"
          multiple
          accept=".pdf,.epub,.md,.markdown,.html,.htm,.xhtml,.rst,.ipynb,.txt"
          onChange={(event) => {
            take(event.currentTarget.files);
            event.currentTarget.value = "";
          }}
        />
      </label>
    </div>
  );
}

type BookPage = LibraryQuery["library"]["books"];

function Books({ books }: { books: BookPage }): VNode {
  const [removing, setRemoving] = useState<ShelvedFragment>();
  return (
    <>
      <Table
        caption={plural(books.totalCount, "book")}
        columns={["Book", "Format", "Sections", "Passages", "Words", "Read on", "Actions"]}
        rows={books.nodes.map((book) => ({
          key: book.id,
          cells: [
            <>
              <strong>{book.title}</strong> {book.author && <small>{book.author}</small>}
            </>,
            FORMATS[book.format],
            book.sectionCount.toLocaleString("en"),
            book.passageCount.toLocaleString("en"),
            book.wordCount.toLocaleString("en"),
            day(book.ingestedAt),
            <button type="button" class="quiet" onClick={() => setRemoving(book)} aria-label={`Remove ${book.title}`}>
              Remove
            </button>,
          ],
        }))}
      />
      {books.pageInfo.hasNextPage && books.pageInfo.endCursor && <Further after={books.pageInfo.endCursor} />}
      {removing && <ConfirmRemoval book={removing} close={() => setRemoving(undefined)} />}
    </>
  );
}

function Further({ after }: { after: string }): VNode {
  const [wanted, setWanted] = useState(false);
  const read = useRead(LibraryDocument, { after }, { pause: !wanted, about: "Book" });
  if (!wanted) {
    return (
      <button type="button" onClick={() => setWanted(true)}>
        More books
      </button>
    );
  }
  return <Loaded read={read}>{({ library }) => <Books books={library.books} />}</Loaded>;
}

interface ConfirmRemovalProps {
  book: ShelvedFragment;
  close: () => void;
}

function ConfirmRemoval({ book, close }: ConfirmRemovalProps): VNode {
  const remove = useChange(RemoveBookDocument, "Book");
  const run = async () => {
    if (await remove.run({ id: book.id })) close();
  };
  return (
    <Confirm title={`Remove “${book.title}”?`} verb="Remove it" change={remove} run={() => void run()} close={close}>
      Its passages go, and with them everything made from them. Paths that stand on it say so.
    </Confirm>
  );
}
