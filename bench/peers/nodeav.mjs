/**
 * node-av (native addon with an FFmpeg of its own): the module's callbacks, which are asynchronous,
 * and its synchronous low-level calls on a file, since those refuse callbacks. `NODE_AV=sync`
 * chooses the second.
 */
import process from "node:process";
import {
  AV_LOG_QUIET,
  AVFMT_FLAG_CUSTOM_IO,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_CUR,
  AVSEEK_END,
  AVSEEK_SIZE,
} from "node-av/constants";
import { Codec, CodecContext, FormatContext, Frame, IOContext, Log, Packet } from "node-av/lib";
import { serve } from "./serve.mjs";

Log.setLevel(AV_LOG_QUIET);
const sync = process.env.NODE_AV === "sync";
const EOF = -541478725;

function memory(bytes) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  const io = new IOContext();
  io.allocContextWithCallbacks(
    65536,
    0,
    (size) => {
      if (position >= buffer.length) return EOF;
      const part = buffer.subarray(position, position + size);
      position += part.length;
      return part;
    },
    null,
    (offset, whence) => {
      if (whence === AVSEEK_SIZE) return BigInt(buffer.length);
      const from = whence === AVSEEK_CUR ? position : whence === AVSEEK_END ? buffer.length : 0;
      position = from + Number(offset);
      return BigInt(position);
    },
  );
  return io;
}

async function open(bytes, path, find) {
  const context = new FormatContext();
  let code;
  if (sync) {
    code = context.openInputSync(path);
    if (code >= 0 && find) code = context.findStreamInfoSync();
  } else {
    context.allocContext();
    context.pb = memory(bytes);
    context.flags = AVFMT_FLAG_CUSTOM_IO;
    code = await context.openInput("");
    if (code >= 0 && find) code = await context.findStreamInfo();
  }
  if (code < 0) throw new Error(`node-av: ${code}`);
  return context;
}

const close = (context) => sync ? context.closeInputSync() : context.closeInput();

async function demux(bytes, path, payload, limit = Infinity) {
  const context = await open(bytes, path, true);
  const packet = new Packet();
  packet.alloc();
  let count = 0;
  let sum = 0;
  while (count < limit) {
    const code = sync ? context.readFrameSync(packet) : await context.readFrame(packet);
    if (code < 0) break;
    count++;
    sum += packet.size + packet.streamIndex + Number(packet.pts % 1000n) +
      Number(packet.dts % 1000n);
    if (payload) sum += packet.data?.[0] ?? 0;
    packet.unref();
  }
  packet.free();
  await close(context);
  return sum < 0 ? 0 : count;
}

async function probe(bytes, path, find) {
  const context = await open(bytes, path, find);
  const count = context.nbStreams;
  await close(context);
  return count;
}

/** Every frame of the first stream of a type, as it is decoded: no samples are converted. */
async function decode(bytes, path, type, threads) {
  const context = await open(bytes, path, true);
  const stream = context.streams.find(({ codecpar }) => codecpar.codecType === type);
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  const decoder = new CodecContext();
  decoder.allocContext3(codec);
  decoder.parametersToContext(stream.codecpar);
  decoder.threadCount = threads;
  const opened = await decoder.open2(codec);
  if (opened < 0) throw new Error(`node-av: ${opened}`);
  const [packet, frame] = [new Packet(), new Frame()];
  packet.alloc();
  frame.alloc();
  let count = 0;
  for (let more = true; more;) {
    more = (await context.readFrame(packet)) >= 0;
    if (more && packet.streamIndex !== stream.index) {
      packet.unref();
      continue;
    }
    await decoder.sendPacket(more ? packet : null);
    packet.unref();
    while (await decoder.receiveFrame(frame) >= 0) {
      count += type === AVMEDIA_TYPE_AUDIO ? frame.nbSamples : 1;
      frame.unref();
    }
  }
  frame.free();
  packet.free();
  decoder.freeContext();
  await close(context);
  return count;
}

await serve({
  ...(!sync && {
    "decode": (bytes, threads, path) => decode(bytes, path, AVMEDIA_TYPE_VIDEO, Number(threads)),
    "pcm": (bytes, _, path) => decode(bytes, path, AVMEDIA_TYPE_AUDIO, 1),
  }),
  "demux": (bytes, _, path) => demux(bytes, path, false),
  "demux-copy": (bytes, _, path) => demux(bytes, path, true),
  "first": (bytes, _, path) => demux(bytes, path, false, 1),
  "probe": (bytes, _, path) => probe(bytes, path, true),
  "headers": (bytes, _, path) => probe(bytes, path, false),
});
