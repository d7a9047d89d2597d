const TOO_LONG =
  /context[ _-]?(length|size|window)|maximum context|prompt is too long|too many (input )?tokens|exceed_context_size|request_too_large/i;

/**
 * Tells whether an error body says that the request does not fit the model's context.
 *
 * @param body Start of the body, untrusted; only looked at.
 * @returns `true` for the wordings of the servers we know.
 */
export function saysTooLong(body: string): boolean {
  return TOO_LONG.test(body);
}
