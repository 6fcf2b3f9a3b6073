import type { Client } from "@urql/core";
import { MyDataDocument, type MyDataQuery } from "../../generated/operations";

/** All that is held about a learner, paths page by page. */
export async function everything(
  client: Client,
  userId: string,
  after: string | null = null,
): Promise<MyDataQuery["user"]> {
  const { data, error } = await client
    .query(MyDataDocument, { userId, after }, { requestPolicy: "network-only" })
    .toPromise();
  if (error) throw error;
  const user = data?.user ?? null;
  if (!user?.learningPaths.pageInfo.hasNextPage) return user;
  const further = await everything(client, userId, user.learningPaths.pageInfo.endCursor);
  const nodes = [...user.learningPaths.nodes, ...(further?.learningPaths.nodes ?? [])];
  return { ...user, learningPaths: { ...(further ?? user).learningPaths, nodes } };
}
