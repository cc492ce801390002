/**
 * The media server on Bun.
 *
 *     bun run examples/server_bun.ts [SAMPLE]
 *
 * `PORT` says where, 8000 without it.
 */
import { server } from "./server.ts";

const handle = server({ sample: Bun.argv[2] });
const { url } = Bun.serve({
  port: Number(Bun.env.PORT ?? 8000),
  hostname: "127.0.0.1",
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  idleTimeout: 0,
  fetch: handle,
});
console.log(`Listening on ${url}`);
