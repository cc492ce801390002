/** mediabunny over bytes in memory. `demux` reads metadata only: it never touches the payload. */
import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MkvOutputFormat,
  Mp4OutputFormat,
  NullTarget,
  Output,
} from "mediabunny";
import { serve } from "./serve.mjs";

async function demux(bytes, metadataOnly, limit = Infinity) {
  const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  let count = 0;
  let sum = 0;
  for (const track of await input.getTracks()) {
    const sink = new EncodedPacketSink(track);
    for await (const packet of sink.packets(undefined, undefined, { metadataOnly })) {
      sum += packet.timestamp + packet.byteLength;
      if (++count >= limit) return count;
    }
  }
  input.dispose();
  return sum < 0 ? 0 : count;
}

/** Packet by packet: its own Conversion would decode what starts before zero. */
async function remux(bytes, format, target) {
  const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  const output = new Output({
    target,
    format: format === "fmp4"
      ? new Mp4OutputFormat({ fastStart: "fragmented" })
      : new MkvOutputFormat(),
  });
  const tracks = await input.getTracks();
  const start = Math.min(...await Promise.all(tracks.map((track) => track.getFirstTimestamp())));
  const copies = await Promise.all(tracks.map(async (track) => {
    const video = track.isVideoTrack();
    const source = new (video ? EncodedVideoPacketSource : EncodedAudioPacketSource)(track.codec);
    if (video) output.addVideoTrack(source);
    else output.addAudioTrack(source);
    const meta = { decoderConfig: await track.getDecoderConfig() };
    return async () => {
      let count = 0;
      for await (const packet of new EncodedPacketSink(track).packets()) {
        const shifted = start === 0
          ? packet
          : packet.clone({ timestamp: packet.timestamp - start });
        await source.add(shifted, count++ === 0 ? meta : undefined);
      }
      source.close();
      return count;
    };
  }));
  await output.start();
  const counts = await Promise.all(copies.map((copy) => copy()));
  await output.finalize();
  input.dispose();
  return counts.reduce((sum, count) => sum + count);
}

async function probe(bytes) {
  const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  const tracks = await input.getTracks();
  for (const track of tracks) await track.getCodecParameterString();
  input.dispose();
  return tracks.length;
}

await serve({
  "demux": (bytes) => demux(bytes, true),
  "demux-copy": (bytes) => demux(bytes, false),
  "first": (bytes) => demux(bytes, true, 1),
  "remux-count": (bytes, format) => remux(bytes, format, new NullTarget()),
  "remux-memory": (bytes, format) => remux(bytes, format, new BufferTarget()),
  "probe": probe,
  "headers": probe,
});
