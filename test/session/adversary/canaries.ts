/** Values that must never come out, by where they lie. */
export const CANARIES = {
  /** In the vault, bound to `printenv`. */
  vault: "canary-Vault-7731-not-real",
  /** In `.env`, which the default policy denies. */
  env: "canary-Env-5512-not-real",
  /** In `hr/pay.txt`, which a rule calls secret and lets be read. */
  pay: "canary-Pay-9043-not-real",
  /** In a file outside the project. */
  outside: "canary-Outside-2280-not-real",
  /** In the vault, bound to one host as a bearer token. */
  key: "canary-Key-4186-not-real",
} as const;

/** In `later.txt`, plain text until the person puts it into the vault: from then on a secret like the others. */
export const LATE = "canary-Late-6620-not-real";

/** In `people.txt`: what a rule may want masked on its way out. */
export const PERSONAL = "ada.canary@example.org";

/** What the vault's value is called. */
export const HANDLE = "handle://vault/demo/token";
/** What the value that is bound to a host is called. */
export const KEY_HANDLE = "handle://vault/demo/key";

/** This machine, by a name that the permission of a tool may hold. */
export const MADE_HOST = "made.localhost";

/** How a value may be spelled where nobody should see it. */
export function spellings(value: string): readonly string[] {
  const known = SPELLINGS.get(value);
  if (known !== undefined) return known;
  const bytes = Buffer.from(value);
  const forms = [
    value,
    // What stands before it shifts the letters.
    ...[0, 1, 2].map((shift) => {
      const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
      return text.slice(shift === 0 ? 0 : 4, 24);
    }),
    bytes.toString("hex"),
    Array.from(value).toReversed().join(""),
  ];
  SPELLINGS.set(value, forms);
  return forms;
}

const SPELLINGS = new Map<string, readonly string[]>();
