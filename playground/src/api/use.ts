/** Reading and changing, for pages. */
import { type AnyVariables, createRequest, type TypedDocumentNode } from "@urql/core";
import { useClient, useQuery } from "@urql/preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import type { MistakeFragment } from "../../generated/operations";
import { type Trouble, troubleOf } from "./trouble";

export interface Read<Data> {
  data: Data | undefined;
  trouble: Trouble | undefined;
  /** Asked, and not answered yet. */
  busy: boolean;
  again: () => void;
}

interface ReadOptions {
  pause?: boolean;
  /** Types whose change asks anew, even where the answer held none of them so far. */
  about?: string;
}

/** What was read stays while it is read again, and when that fails. */
export function useRead<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { pause = false, about }: ReadOptions = {},
): Read<Data> {
  const context = useMemo(() => (about ? { additionalTypenames: [about] } : {}), [about]);
  const [result, execute] = useQuery<Data, Variables>({ query, variables, pause, context });
  const again = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  const { key } = createRequest(query, variables);
  const [last, setLast] = useState<{ key: number; data: Data }>();
  // Null where an error took all of it.
  const fresh = result.operation?.key === key ? (result.data ?? undefined) : undefined;
  if (fresh && (last?.key !== key || last.data !== fresh)) setLast({ key, data: fresh });
  return {
    data: fresh ?? (last?.key === key ? last.data : undefined),
    trouble: result.error && troubleOf(result.error),
    busy: result.fetching || result.stale,
    again,
  };
}

export interface Change<Variables, Payload> {
  /** Answers the payload, or nothing when there is trouble or something to mend. */
  run: (variables: Variables) => Promise<Payload | undefined>;
  busy: boolean;
  trouble: Trouble | undefined;
  /** What the server asks to mend. */
  mistakes: readonly MistakeFragment[];
}

/** A mutation whose payload has `userErrors`. */
export function useChange<
  Data extends Record<string, { userErrors: readonly MistakeFragment[] }>,
  Variables extends AnyVariables,
>(
  document: TypedDocumentNode<Data, Variables>,
  /** The type that it changes, where its answer does not hold one. */
  about?: string,
): Change<Variables, Data[keyof Data]> {
  const client = useClient();
  const [state, setState] = useState<Pick<Change<Variables, never>, "busy" | "trouble" | "mistakes">>({
    busy: false,
    trouble: undefined,
    mistakes: [],
  });
  const run = useCallback(
    async (variables: Variables): Promise<Data[keyof Data] | undefined> => {
      setState({ busy: true, trouble: undefined, mistakes: [] });
      const context = about ? { additionalTypenames: [about] } : {};
      const { data, error } = await client.mutation<Data, Variables>(document, variables, context).toPromise();
      const payload = data && (Object.values(data)[0] as Data[keyof Data] | undefined);
      const mistakes = payload?.userErrors ?? [];
      setState({ busy: false, trouble: error && troubleOf(error), mistakes });
      return error || mistakes.length > 0 ? undefined : payload;
    },
    [client, document, about],
  );
  return { ...state, run };
}
