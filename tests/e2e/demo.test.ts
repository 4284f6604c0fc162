import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Sandbox } from "./spawned-program.ts";

const demo = "libs/cli/demo.ts";
let place: Sandbox;

before(async () => {
  place = await Sandbox.make();
});
after(() => place?.[Symbol.asyncDispose]());

test("the demo delivers a message, loses a node, and tells it in its last line", async () => {
  const message = "grüße 你好 👋🏽\nand a second line";
  const { code, out, err } = await place.run(demo, ["--json", "--nodes", "12", "--message", message]);
  assert.deepEqual([code, err], [0, ""], out);
  const result = JSON.parse(out.trimEnd().split("\n").at(-1)!);
  const { sendMs, readMs, copies, swarmSize, ...rest } = result;
  assert.deepEqual(rest, { delivered: true, readAfterNodeLoss: true, nodes: 12, swarms: 2, hops: 3, text: message });
  assert.ok(sendMs > 0 && readMs > 0);
  assert.ok(copies === swarmSize && copies >= 5, `${copies} of ${swarmSize} members hold a copy`);
  for (const step of [/chain \d+ up/, /staking contract/, /12 nodes registered/, /swarm map/, /uptime proofs/]) {
    assert.match(out, step);
  }
  await place.clean();
});

for (const [when, text] of [
  ["while the network starts", /nodes registered/],
  ["in the middle of the story", /A message to someone who is offline/],
] as const) {
  test(`Ctrl-C ${when} ends the demo with 130 and leaves no process and no data`, async () => {
    const running = place.start(demo, ["--nodes", "12"]);
    await running.says(text);
    running.interrupt();
    const { code, err } = await running.ended;
    assert.deepEqual([code, err], [130, "swarmpost demo: interrupted\n"]);
    await place.clean();
  });
}

test("wrong options and unreadable files end it at once with one clear line", async () => {
  const wrong: [args: string[], why: RegExp][] = [
    [["--nodse", "12"], /Unknown option '--nodse'.*\nusage: npm run demo/],
    [["--nodes", "3"], /--nodes must be 12 to 200/],
    [["--nodes", "many"], /--nodes must be 12 to 200/],
    [["--message", ""], /the message is empty/],
    [["--message", "x", "--file", "y"], /not both/],
    [["--file", `${place.folder}/none`], /none/],
    [["--file", process.execPath], /not UTF-8/],
  ];
  for (const [args, why] of wrong) {
    const { code, out, err } = await place.run(demo, args);
    assert.deepEqual([code, out], [1, ""], err);
    assert.match(err, why);
    assert.doesNotMatch(err, /\n {2,}at /, "no stack is shown");
  }
  assert.deepEqual([await place.leftProcesses(), await place.leftFolders()], [[], []]);
});
