import { type AddressInfo, createServer, type Socket } from "node:net";

/** A TCP server on a free port of 127.0.0.1 that does what the test says once it has seen a request head. */
export interface RawServer {
  readonly port: number;
  /** Connections seen so far. */
  readonly connections: number;
  /** Resolves when every connection has ended. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it; `answer` gets the socket after the empty line that ends the request head. */
export async function startRawServer(answer: (socket: Socket, head: string) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    let head = "";
    let answered = false;
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) { for (const resume of waiting.splice(0)) resume(); }
    });
    socket.on("data", (piece) => {
      head += piece.toString("latin1");
      if (answered || !head.includes("\r\n\r\n")) return;
      answered = true;
      answer(socket, head);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get connections() {
      return connections;
    },
    idle: () => new Promise((resolve) => (sockets.size === 0 ? resolve() : waiting.push(resolve))),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
