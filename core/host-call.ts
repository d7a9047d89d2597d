/** What a guest asks of its host: one function of one interface of `az:host`. Names and arguments come from the guest. */
export interface HostCall {
  /** Counts the calls of one run, from 1. */
  readonly seq: number;
  /** Name of the interface, e.g. `filesystem`. */
  readonly iface: string;
  /** Name of the function as the interface spells it, e.g. `read-file`. */
  readonly func: string;
  /** Its arguments; their number and types were checked against the interface. */
  readonly args: readonly unknown[];
}

/** What the answer to a host call may use. */
export interface HostContext {
  /** Aborts when the run ends first: its deadline, a cancel. The answer no longer counts. */
  readonly signal: AbortSignal;
  /** Stops the deadline of the run while a person is asked; what it returns lets time go on and is idempotent. */
  readonly pause: () => () => void;
}

/** What the guest gets: a value of the function's type, or an error of `az:host`, which it can show. */
export type HostReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: HostError };

/** A case of `variant error`: `too-large` carries the limit in bytes, `cancelled` nothing, every other one a text. */
export interface HostError {
  /** `denied not-found exists invalid too-large exhausted cancelled failed`. */
  readonly tag: string;
  /** What the case carries. */
  readonly val?: unknown;
}
