import type { BatchRequest, SubRequest } from "@swarmpost/storage-rpc";
import { type Answer, JsonText, ok, resultJson } from "./answer.ts";

/** Runs one subrequest; never rejects. */
export type RunSubRequest = (request: SubRequest) => Promise<Answer>;

/** `batch` starts all at once; `sequence` goes on only while the answers are good. The outer status is always 200. */
export async function runBatch(request: BatchRequest, run: RunSubRequest): Promise<Answer> {
  const results =
    request.method === "batch" ? await Promise.all(request.requests.map(run)) : await inSequence(request, run);
  return ok(new JsonText(`{"results":[${results.map(resultJson).join(",")}]}`));
}

async function inSequence(request: BatchRequest, run: RunSubRequest): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const each of request.requests) {
    const answer = await run(each);
    answers.push(answer);
    if (answer.status < 200 || answer.status > 299) break;
  }
  return answers;
}
