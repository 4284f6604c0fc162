import type { ViewFollower } from "@swarmpost/network-view";
import type { Admit } from "./peer-contacts.ts";

const AGAIN_MS = 500;

/**
 * Has `readmit` ask again who is let in: at each new view and, when `admit` is given, all the time: a fault that it stands
 * for begins and ends without a new view.
 */
export function followAdmission(
  readmit: () => void,
  { follower, admit }: { readonly follower: Pick<ViewFollower, "onChange">; readonly admit: Admit | undefined },
): Disposable {
  const stack = new DisposableStack();
  stack.defer(follower.onChange(readmit));
  if (admit) stack.adopt(setInterval(readmit, AGAIN_MS), clearInterval);
  return stack;
}
