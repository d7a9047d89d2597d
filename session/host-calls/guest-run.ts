import {
  type Classification,
  type HostCall,
  type HostReply,
  joinLabels,
  joinObligations,
  NO_OBLIGATIONS,
  type Obligations,
} from "../../core/mod.ts";
import { maskedText } from "../masked-text.ts";
import type { Passage } from "../passage.ts";
import type { Provenance } from "../provenance.ts";
import type { Guest, GuestRun, GuestTime } from "./guest.ts";
import { CANCELLED_REPLY, replyOfThrown } from "./reply.ts";
import { runStep } from "./run-step.ts";
import { createScratch } from "./scratch.ts";

const MAX_NOTICES = 20;

/**
 * Opens the gate for one run of a guest: each of its host calls is a call of its own, with the guest as actor, recorded
 * under the execution that runs it.
 *
 * @param passage The decided call that runs the guest.
 * @param guest Who it is.
 * @returns What answers its host calls.
 */
export function openGuestRun(passage: Passage, guest: Guest): GuestRun {
  const { deps, proposal } = passage;
  const end = new AbortController();
  const signal = AbortSignal.any([proposal.signal, end.signal]);
  const scratch = createScratch();
  const seen = new Set<Classification>();
  const obliged: Obligations[] = [];
  let notices = 0;

  // What the guest does is as tainted as what it was given; what it sends may hold whatever it has seen.
  function provenance(): Provenance {
    const { provenance: given } = proposal;
    return {
      actor: guest.title,
      label: joinLabels([given.label, { trust: [], classes: [...seen], sources: [] }]),
      tainted: (words) => given.tainted(words),
    };
  }

  async function answer(call: HostCall, time: GuestTime | undefined): Promise<HostReply> {
    if (signal.aborted) return CANCELLED_REPLY;
    const step = await runStep(passage, { guest, provenance: provenance(), scratch, call, time, signal });
    for (const name of step.classes) seen.add(name);
    if (step.obligations !== NO_OBLIGATIONS) obliged.push(step.obligations);
    // Threat: a run that goes on while nobody can tell afterwards what it did.
    if (step.unrecorded) end.abort();
    if (step.refused !== null && guest.tier === "wasm-sandbox" && notices++ < MAX_NOTICES) {
      deps.emit({ type: "notice", level: "info", code: "HOST_CALL_DENIED", text: `${guest.title}: ${step.refused}` });
    }
    return step.reply;
  }
  return {
    signal,
    seen: () => [...seen],
    admission: {
      admit: () => false,
      over: () => ({ classes: [...seen], obligations: joinObligations(obliged) }),
    },
    async host(call, time): Promise<HostReply> {
      try {
        return await answer(call, time);
      } catch (cause) {
        return replyOfThrown(cause, (text) => maskedText(deps.redactor, text));
      }
    },
  };
}
