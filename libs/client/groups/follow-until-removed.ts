import type { AccountId } from "@swarmpost/storage-rpc";
import { ClientError } from "../client-error.ts";
import type { FollowOptions } from "../follow.ts";
import type { GroupConversation, GroupPage } from "./group-conversation.ts";

/**
 * Follows a group beside others. When an admin takes `own` out of it, the last page tells that as an event of the group
 * itself, and this ends alone instead of failing. Throws as `GroupConversation.follow` otherwise.
 */
export async function* followUntilRemoved(
  group: Pick<GroupConversation, "id" | "follow">,
  own: AccountId,
  options: FollowOptions,
): AsyncGenerator<GroupPage, void, undefined> {
  try {
    yield* group.follow(options);
  } catch (error) {
    if (!(error instanceof ClientError && error.code === "removed-from-group")) throw error;
    const removed = { type: "removed", from: group.id, sentMs: Date.now(), members: [own] } as const;
    yield { messages: [], unreadable: [], more: false, members: [], paths: [], events: [removed] };
  }
}
