/** @napi-rs/webcodecs (Rust addon with an FFmpeg of its own), fed with packets of mediabunny's. */
import { AudioDecoder, VideoDecoder } from "@napi-rs/webcodecs";
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from "mediabunny";
import { serve } from "./serve.mjs";

const MAX_QUEUED = 8;

/** Decodes a track; `use` is given each frame and closes it. */
async function decode(track, Decoder, use) {
  let failure;
  const decoder = new Decoder({ output: use, error: (error) => failure = error });
  decoder.configure(await track.getDecoderConfig());
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const chunk = { type: packet.type, timestamp: packet.microsecondTimestamp, data: packet.data };
    decoder.decode(await chunkOf(track, chunk));
    while (decoder.decodeQueueSize > MAX_QUEUED && !failure) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  await decoder.flush();
  decoder.close();
  if (failure) throw failure;
}

async function chunkOf(track, init) {
  const { EncodedAudioChunk, EncodedVideoChunk } = await import("@napi-rs/webcodecs");
  return new (track.isVideoTrack() ? EncodedVideoChunk : EncodedAudioChunk)(init);
}

const open = (bytes) => new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });

async function pictures(bytes) {
  let count = 0;
  await decode(await open(bytes).getPrimaryVideoTrack(), VideoDecoder, (frame) => {
    count++;
    frame.close();
  });
  return count;
}

async function samples(bytes) {
  let count = 0;
  await decode(await open(bytes).getPrimaryAudioTrack(), AudioDecoder, (data) => {
    const all = new Float32Array(data.numberOfFrames * data.numberOfChannels);
    data.copyTo(all, { planeIndex: 0, format: "f32" });
    count += data.numberOfFrames;
    data.close();
  });
  return count;
}

await serve({ "decode": pictures, "pcm": samples });
