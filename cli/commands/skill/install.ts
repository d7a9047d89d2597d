import { AgentZeroError, type Digest, digestOf, isDigest, type SkillPermissions } from "../../../core/mod.ts";
import type { OpenAct } from "../../../session/mod.ts";
import {
  answerByDigests,
  commitInstall,
  type InstallPlan,
  openSkills,
  planInstall,
  SkillsError,
} from "../../../skills/mod.ts";
import { inspectComponent } from "../../compose/inspect-component.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";
import { askPin } from "../trust/add.ts";
import { ActRefused, type ActSession, inActSession, recordedSkill } from "./act-session.ts";
import { askInstall } from "./ask-install.ts";
import { listingJson } from "./listing.ts";
import { readSource } from "./read-source.ts";

/** Runs `skill install`: what its author signed, with what the person approves. */
export async function skillInstall(context: CommandContext, input: CommandInput): Promise<void> {
  const named = { grant: digestOption(input, "grant"), content: digestOption(input, "content") };
  await inActSession(context, "skill install", async (session) => {
    const bundle = await readSource(context, input, session);
    const plan = await planInstall(session.options, bundle, {
      inspect: inspectComponent,
      canAsk: context.terminal !== null,
      allowDowngrade: input.flag("allowDowngrade") && context.terminal !== null,
    });
    const act = await begin(session, plan);
    const consent = await agree(context, { plan, act, named });
    await install(session, { plan, act, consent });
    show(context, session, plan);
  });
}

function digestOption(input: CommandInput, name: string): Digest | null {
  const given = input.option(name);
  if (given === undefined) return null;
  if (isDigest(given)) return given;
  throw badUsage(`Cannot install: --${name} is not b2: and 64 hex digits`, "run it without, it names the digest");
}

async function begin(session: ActSession, plan: InstallPlan): Promise<OpenAct> {
  const { id, version } = plan.entry;
  const act = await session.acts.begin({
    tool: session.tool,
    title: `Install ${id}@${version}`,
    tier: "none",
    actions: [plan.action],
    handles: [],
    bytesIn: plan.archive.length,
  });
  if (act.failure !== null) throw new ActRefused(act.failure);
  return act;
}

interface Consent {
  readonly permissions: SkillPermissions;
  readonly by: string;
}

/** Pins a new key, confirms a downgrade, and asks about every atom; digests on the command line answer, too. */
async function agree(
  context: CommandContext,
  asked: {
    readonly plan: InstallPlan;
    readonly act: OpenAct;
    readonly named: { readonly grant: Digest | null; readonly content: Digest | null };
  },
): Promise<Consent> {
  const { plan, act, named } = asked;
  const { entry, question } = plan;
  const begun = context.system.clock.mono();
  const shown = digestOf({
    v: 1,
    package: entry.package,
    perm: entry.perm,
    asked: [...question?.besides ?? [], ...question?.asked.map(({ text }) => text) ?? []],
  });
  async function answered(answer: "allow" | "deny" | "none", channel: string): Promise<void> {
    const latencyMs = Math.round(context.system.clock.mono() - begun);
    const failure = await act.answered({ answer, channel, latencyMs, digest: shown });
    if (failure !== null) throw new ActRefused(failure);
  }
  try {
    if (plan.newKey !== null) await askPin(context, plan.newKey, entry.id.split("/")[0] ?? "");
    if (plan.downgrade) await confirmDowngrade(context, plan);
  } catch (cause) {
    await answered("deny", "terminal");
    throw cause;
  }
  if (question === null) {
    // The same skill with the same permissions, or fewer: what was approved stands.
    if (act.asks) await answered("allow", "grant");
    return { permissions: plan.base, by: "grant" };
  }
  if (named.grant !== null || context.terminal === null) {
    try {
      const permissions = answerByDigests(plan, named);
      await answered("allow", "flag");
      return { permissions, by: "flag" };
    } catch (cause) {
      if (cause instanceof SkillsError) await answered("none", "none");
      throw cause;
    }
  }
  const permissions = await askInstall(context, plan, question);
  await answered(permissions === null ? "deny" : "allow", "terminal");
  if (permissions !== null) return { permissions, by: "terminal" };
  throw new SkillsError("APPROVAL_REFUSED", `Cannot install ${entry.id}@${entry.version}: you said no`, {
    hint: "nothing was changed",
  });
}

async function confirmDowngrade(context: CommandContext, { entry }: InstallPlan): Promise<void> {
  const wanted = `${entry.id}@${entry.version}`;
  context.output.note(`${wanted} is older than what was seen here; it may have holes that a newer one mends`);
  const typed = await context.terminal?.line(`Type ${wanted} to install it all the same: `) ?? null;
  if (typed?.trim() === wanted) return;
  throw new SkillsError("ROLLBACK", `Cannot install ${wanted}: it is older than what was seen here`, {
    hint: "nothing was changed; install the newest release",
  });
}

async function install(
  session: ActSession,
  { plan, act, consent }: { readonly plan: InstallPlan; readonly act: OpenAct; readonly consent: Consent },
): Promise<void> {
  const { entry, installed } = plan;
  const recorded = await act.note({
    event: "skill.change",
    action: session.tool,
    reason: `${
      installed === null ? "installs" : `replaces ${installed.version} by`
    } ${entry.id}@${entry.version} from ${entry.source}`,
    skill: recordedSkill(entry),
  });
  if (recorded !== null) throw new ActRefused(recorded);
  try {
    await commitInstall(session.options, plan, consent);
  } catch (cause) {
    const known = cause instanceof AgentZeroError
      ? cause
      : { code: "INTERNAL", message: "it failed inside", hint: null };
    await act.end({ code: known.code, message: known.message, hint: known.hint ?? null }, 0);
    throw cause;
  }
  const ended = await act.end(null, plan.archive.length);
  if (ended !== null) throw new ActRefused(ended);
}

function show(context: CommandContext, session: ActSession, { entry, md }: InstallPlan): void {
  const listing = openSkills(session.options).find(entry.name);
  if (context.json) {
    context.output.json({ v: 1, skills: listing === null ? [] : [listingJson(listing)] });
    return;
  }
  context.output.text(`installed ${entry.id}@${entry.version} as "${entry.name}"`);
  for (const key of listing?.ignored ?? []) context.output.note(`not used: ${key}`);
  if (md.invisible > 0) context.output.note(`removed: ${md.invisible} invisible characters`);
  if (entry.runtime === "none") context.output.note("it is text: a session uses it when you ask for it by name");
  else if (entry.runtime !== "mvm-microvm") context.output.note(`try it: agentzero skill run ${entry.name}`);
}
