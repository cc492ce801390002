/**
 * libav.js (WebAssembly) over a file in its memory file system, put there before the clock runs.
 */
import LibAV from "libav.js/webcodecs";
import { serve } from "./serve.mjs";

const libav = await LibAV.LibAV({ noworker: true });
await libav.av_log_set_level(-8);
let placed = "";

async function prepare(bytes, path) {
  if (placed === path) return;
  if (placed) await libav.unlink("input");
  await libav.writeFile("input", bytes);
  placed = path;
}

async function demux(limit = Infinity) {
  const [context] = await libav.ff_init_demuxer_file("input");
  const packet = await libav.av_packet_alloc();
  let count = 0;
  let sum = 0;
  while (count < limit) {
    // Answers at once, or with a promise where the file system made it wait.
    const answer = libav.av_read_frame_sync(context, packet);
    if ((typeof answer === "number" ? answer : await answer) < 0) break;
    count++;
    sum += libav.AVPacket_size_sync(packet) + libav.AVPacket_pts_sync(packet) +
      libav.AVPacket_dts_sync(packet) + libav.AVPacket_stream_index_sync(packet);
    libav.av_packet_unref_sync(packet);
  }
  await libav.av_packet_free_js(packet);
  await libav.avformat_close_input_js(context);
  return sum < 0 ? 0 : count;
}

async function copies() {
  const [context] = await libav.ff_init_demuxer_file("input");
  const packet = await libav.av_packet_alloc();
  let count = 0;
  for (;;) {
    const [code, packets] = await libav.ff_read_frame_multi_sync(context, packet, {
      limit: 1 << 20,
    });
    for (const list of Object.values(packets)) count += list.length;
    if (code === libav.AVERROR_EOF) break;
  }
  await libav.av_packet_free_js(packet);
  await libav.avformat_close_input_js(context);
  return count;
}

async function probe() {
  const [context, streams] = await libav.ff_init_demuxer_file("input");
  await libav.avformat_close_input_js(context);
  return streams.length;
}

await serve({
  "demux": () => demux(),
  "demux-copy": copies,
  "first": () => demux(1),
  "probe": probe,
}, prepare);
