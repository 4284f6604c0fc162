import type { Command } from "commander";
import type { CommandContext, SharedOptions } from "./command-context.ts";
import {
  groupInvite,
  groupJoin,
  groupLeave,
  groupList,
  groupMembers,
  groupNew,
  groupRead,
  groupRemove,
  groupSend,
} from "./group-command.ts";

/** Lets go of a command at once when someone interrupts it. */
export type Quick = (context: CommandContext, command: Promise<void>) => Promise<void>;

/** The commands of `group`. */
export function addGroups(program: Command, context: CommandContext, quick: Quick): void {
  const group = program.command("group").description("groups: make, join, write to and read them");
  addOwn(group, context, quick);
  addAdmins(group, context, quick);
  group
    .command("send")
    .description("send a text to a group")
    .argument("<group>", "its ID or name")
    .argument("<text>", "what to write; - reads standard input")
    .action((name: string, text: string, _options, command: Command) =>
      quick(context, groupSend(context, { name, text }, command.optsWithGlobals())),
    );
  group
    .command("read")
    .description("read a group; an admin's look also does what members asked for")
    .argument("<group>", "its ID or name")
    .option("--follow", "go on reading until interrupted")
    .action(async (name: string, options: { follow?: boolean }, command: Command) => {
      const reading = groupRead(context, name, command.optsWithGlobals());
      await (options.follow === true ? reading : quick(context, reading));
    });
}

/** What concerns this account alone. */
function addOwn(group: Command, context: CommandContext, quick: Quick): void {
  group
    .command("new")
    .description("make a group with this account as its admin")
    .argument("<name>", "what it is called")
    .action((name: string, _options, command: Command) =>
      quick(context, groupNew(context, name, command.optsWithGlobals())),
    );
  group
    .command("list")
    .description("list the groups that this computer knows")
    .action((_options, command: Command) => quick(context, groupList(context, command.optsWithGlobals())));
  group
    .command("join")
    .description("accept the invitations in the inbox")
    .action((_options, command: Command) => quick(context, groupJoin(context, command.optsWithGlobals())));
  group
    .command("leave")
    .description("take part no more")
    .argument("<group>", "its ID or name")
    .action((name: string, _options, command: Command) =>
      quick(context, groupLeave(context, name, command.optsWithGlobals())),
    );
}

/** What concerns members. */
function addAdmins(group: Command, context: CommandContext, quick: Quick): void {
  group
    .command("members")
    .description("list who is in a group, and how far those are that were asked")
    .argument("<group>", "its ID or name")
    .action((name: string, _options, command: Command) =>
      quick(context, groupMembers(context, name, command.optsWithGlobals())),
    );
  for (const [what, description] of [
    ["invite", "add accounts, which get their invitation as a message"],
    ["promote", "make members admins, for good"],
    ["remove", "take members out"],
  ] as const) {
    group
      .command(what)
      .description(description)
      .argument("<group>", "its ID or name")
      .argument("<account ids...>", "whom")
      .action((name: string, members: string[], _options, command: Command) => {
        const options = command.optsWithGlobals<SharedOptions>();
        const acting =
          what === "remove"
            ? groupRemove(context, { name, members }, options)
            : groupInvite(context, what, { name, members }, options);
        return quick(context, acting);
      });
  }
}
