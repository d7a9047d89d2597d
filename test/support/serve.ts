import { onTestFinished } from "vitest";
import { type ModelHandler, type ModelServer, startModelServer } from "./model-server.ts";

/**
 * Starts a server on a free port of 127.0.0.1 for one test; it is closed when the test has finished.
 *
 * @param handler Answers its requests.
 * @returns The server.
 */
export async function serve(handler: ModelHandler): Promise<ModelServer> {
  const server = await startModelServer(handler);
  onTestFinished(() => server.close());
  return server;
}
