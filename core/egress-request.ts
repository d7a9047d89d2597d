/** One request that a command sends through the egress proxy. */
export interface EgressRequest {
  /** Upper case; `CONNECT` for a tunnel, whose content nobody sees. */
  readonly method: string;
  /** Lower case, without trailing dot. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** Path of plain HTTP without its query; `null` for a tunnel. */
  readonly path: string | null;
  /** All addresses of the host; `null` when it was not looked up because the request is refused anyway. */
  readonly addresses: readonly string[] | null;
  /** Values that would be put into it: handle, and the slot that its header is. */
  readonly secrets: readonly { readonly handle: string; readonly slot: string }[];
  /** Why the proxy refuses it whatever policy says, or `null`; such a request is only recorded. */
  readonly refused: string | null;
}

/** How a request through the egress proxy ended. */
export interface EgressEnd {
  /** `true` when the host was reached. */
  readonly reached: boolean;
  /** Bytes of the request. */
  readonly sentBytes: number;
  /** Bytes of the answer. */
  readonly receivedBytes: number;
}

/** Whether a request may go out. */
export type EgressAnswer =
  | { readonly ok: true; done(end: EgressEnd): Promise<void> }
  | { readonly ok: false; readonly reason: string };
