import type { AtomicAction, Capability, Classification, Target } from "../../core/mod.ts";
import type { Provenance } from "../provenance.ts";
import type { Guest } from "./guest.ts";

/** Whose call is planned, and with what in mind. */
export interface GuestContext {
  readonly guest: Guest;
  readonly provenance: Provenance;
}

/**
 * Makes the action that every host call of a component is, whatever it does besides.
 *
 * @param context The guest.
 * @param iface Name of the interface, e.g. `filesystem`.
 * @returns The action, or none for core code behind a built-in skill, which imports nothing.
 */
export function importActions({ guest }: Pick<GuestContext, "guest">, iface: string): readonly AtomicAction[] {
  if (guest.tier !== "wasm-sandbox") return [];
  return [{
    capability: "wasm_host_call",
    target: { kind: "import", name: `az:host/${iface}` },
    classes: ["internal"],
    tier: "wasm-sandbox",
    tainted: false,
    skill: guest.actor,
  }];
}

/**
 * Makes an action of a guest.
 *
 * @param context The guest.
 * @param capability What would be done.
 * @param facts Where, with what data, shaped by whom.
 * @returns The action with the skill as actor: its permissions are the ceiling.
 */
export function guestAction<T extends Target>(
  { guest }: GuestContext,
  capability: Capability,
  facts: {
    readonly target: T;
    readonly classes: readonly Classification[];
    readonly tainted: boolean;
    readonly tier?: AtomicAction["tier"];
  },
): AtomicAction & { readonly target: T } {
  return {
    capability,
    target: facts.target,
    classes: facts.classes,
    tier: facts.tier ?? guest.tier,
    tainted: facts.tainted,
    skill: guest.actor,
  };
}
