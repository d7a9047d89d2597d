/** The names of keys that are not plain text. */
export type KeyName =
  | "enter"
  | "tab"
  | "escape"
  | "backspace"
  | "delete"
  | "insert"
  | "up"
  | "down"
  | "left"
  | "right"
  | "home"
  | "end"
  | "page-up"
  | "page-down"
  | "unknown"
  // Letters, digits and signs stand here only together with Ctrl or Alt.
  | `char:${string}`;

/** One thing that a person did on the keyboard. */
export type Key =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "paste"; readonly text: string }
  | {
    readonly kind: "key";
    readonly name: KeyName;
    readonly ctrl: boolean;
    readonly alt: boolean;
    readonly shift: boolean;
  };
