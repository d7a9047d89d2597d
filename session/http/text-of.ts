/**
 * Decodes a body when it is text.
 *
 * @param body Its bytes.
 * @param contentType Media type with parameters; its `charset` counts, the type itself is only a claim.
 * @param cut `true` when the body was cut, perhaps within a character.
 * @returns The text, or `null` when the bytes are not text in that encoding.
 */
export function textOf(body: Uint8Array, contentType: string, cut: boolean): string | null {
  const decoder = decoderOf(contentType);
  try {
    // A stream decoder keeps the start of a last character to itself instead of refusing it.
    const text = decoder.decode(body, { stream: cut });
    return text.slice(0, 8_192).includes("\0") ? null : text;
  } catch {
    return null;
  }
}

function decoderOf(contentType: string): InstanceType<typeof TextDecoder> {
  const charset = /;\s*charset\s*=\s*"?([A-Za-z0-9_:.-]{1,40})"?/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    // An unknown name: most bodies are UTF-8 whatever they say.
    return new TextDecoder("utf-8", { fatal: true });
  }
}
