/** What the script engine must be: written by `npm run build:engine`, checked by every build and before every use. */
export const ENGINE_PIN: { readonly digest: string; readonly inputs: string; readonly bytes: number } = {
  // Of `engine/engine.wasm`.
  digest: "b2:14825b03611a8f91ab42fad19825671863b4061490bccccc24e6f2c98a9942e1",
  // Of shim, world and builder.
  inputs: "b2:a12a65f80c9b6ca516b04791e376643834332d459bda212fdf7210720205329c",
  bytes: 1_116_521,
};
