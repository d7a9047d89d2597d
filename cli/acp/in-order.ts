import type { Stream } from "@agentclientprotocol/sdk";

type Message = Stream["readable"] extends ReadableStream<infer Item> ? Item : never;

/**
 * Hands messages on one after the other where their order counts: what follows a cancel waits until it was carried out.
 *
 * The library starts handlers in order, but they get to work in the order in which they were declared, so that a cancel
 * without a turn would end the prompt sent right behind it.
 *
 * @param stream The messages of a client.
 * @param pause Resolves once everything that was handed on has been begun; never rejects.
 * @returns The same stream.
 */
export function inOrder(stream: Stream, pause: () => Promise<void>): Stream {
  const order = new TransformStream<Message, Message>({
    async transform(message, controller): Promise<void> {
      controller.enqueue(message);
      if ("method" in message && message.method === "session/cancel") await pause();
    },
  });
  return { writable: stream.writable, readable: stream.readable.pipeThrough(order) };
}
