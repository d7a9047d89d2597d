/**
 * The right to cause one effect. It says nothing by itself: `policy/permits.ts` knows by identity which permits were
 * minted, for which digest, and whether they were spent.
 *
 * Threat: code that wants an effect without a decision. A look-alike object is not in the private map and fails;
 * a private member makes the class nominal, so that leaving the permit out, or passing `{}`, does not compile.
 */
export class Permit {
  // oxlint-disable-next-line no-unused-private-class-members -- it is the brand; see above
  readonly #nominal = true;

  /** Tells whether a value was made by this class; not whether it was minted. */
  static isPermit(value: unknown): value is Permit {
    return typeof value === "object" && value !== null && #nominal in value;
  }
}
