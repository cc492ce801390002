/**
 * The media server on Deno.
 *
 *     deno run --allow-ffi --allow-read --allow-env --allow-net examples/server_deno.ts [SAMPLE]
 *
 * `PORT` says where, 8000 without it.
 */
import { server } from "./server.ts";

const handle = server({ sample: Deno.args[0] });
Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8000), hostname: "127.0.0.1" }, handle);
