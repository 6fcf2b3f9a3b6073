/** Reading and changing, for pages. */
import type { AnyVariables, TypedDocumentNode } from "@urql/core";
import { useClient, useQuery } from "@urql/preact";
import { useCallback, useState } from "preact/hooks";
import type { MistakeFragment } from "../../generated/operations";
import { type Trouble, troubleOf } from "./trouble";

export interface Read<Data> {
  data: Data | undefined;
  trouble: Trouble | undefined;
  /** Asked, and not answered yet. */
  busy: boolean;
  again: () => void;
}

export function useRead<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pause = false,
): Read<Data> {
  const [result, execute] = useQuery<Data, Variables>({ query, variables, pause });
  const again = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  return {
    // Null where an error took all of it.
    data: result.data ?? undefined,
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
export function useChange<Data extends Record<string, { userErrors: readonly MistakeFragment[] }>, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
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
      const { data, error } = await client.mutation<Data, Variables>(document, variables).toPromise();
      const payload = data && (Object.values(data)[0] as Data[keyof Data] | undefined);
      const mistakes = payload?.userErrors ?? [];
      setState({ busy: false, trouble: error && troubleOf(error), mistakes });
      return error || mistakes.length > 0 ? undefined : payload;
    },
    [client, document],
  );
  return { ...state, run };
}
