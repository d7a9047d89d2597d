/** A denial or question that is compiled in: no file loosens it. */
export interface FloorHit {
  /** Without the prefix `floor.`. */
  readonly name:
    | "own-state"
    | "device"
    | "address"
    | "egress-class"
    | "unbound-secret"
    | "tier"
    | "opaque-shell"
    | "taint"
    | "degraded";
  readonly sentence: string;
}
