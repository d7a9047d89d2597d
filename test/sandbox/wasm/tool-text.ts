/**
 * The text of a component of world `tool` that answers with what it was asked.
 *
 * @param parts More definitions, before its own; and what its core module has besides.
 */
export function toolText(
  parts: { readonly before?: string; readonly core?: string; readonly after?: string } = {},
): string {
  return `(component
    ${parts.before ?? ""}
    (core module $m
      (memory (export "memory") 1)
      ${parts.core ?? ""}
      (func (export "run") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (i32.const 0))
        (i32.store (i32.const 20) (local.get 0))
        (i32.store (i32.const 24) (local.get 1))
        (i32.const 16))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $i (instantiate $m))
    (func $run (param "input" string) (result (result string (error string)))
      (canon lift (core func $i "run") (memory $i "memory") (realloc (func $i "realloc"))))
    (export "run" (func $run))
    ${parts.after ?? ""})`;
}

/** The text of an import of an interface, with one function of no arguments unless there are others. */
export function importText(name: string, functions = ""): string {
  return `(import "${name}" (instance ${functions}))`;
}
