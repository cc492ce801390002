/** mediabunny with @mediabunny/server, whose codecs are node-av's, over bytes in memory. */
import { registerMediabunnyServer } from "@mediabunny/server";
import {
  ALL_FORMATS,
  AudioSampleSink,
  BufferSource,
  Conversion,
  Input,
  MkvOutputFormat,
  NullTarget,
  Output,
  VideoSampleSink,
} from "mediabunny";
import { serve } from "./serve.mjs";

registerMediabunnyServer();

const open = (bytes) => new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });

async function pictures(bytes) {
  const input = open(bytes);
  let count = 0;
  for await (const sample of new VideoSampleSink(await input.getPrimaryVideoTrack()).samples()) {
    count++;
    sample.close();
  }
  input.dispose();
  return count;
}

async function samples(bytes) {
  const input = open(bytes);
  let count = 0;
  for await (const sample of new AudioSampleSink(await input.getPrimaryAudioTrack()).samples()) {
    const all = new Float32Array(sample.numberOfFrames * sample.numberOfChannels);
    sample.copyTo(all, { planeIndex: 0, format: "f32" });
    count += sample.numberOfFrames;
    sample.close();
  }
  input.dispose();
  return count;
}

async function transcode(bytes) {
  const input = open(bytes);
  const output = new Output({ target: new NullTarget(), format: new MkvOutputFormat() });
  const conversion = await Conversion.init({
    input,
    output,
    video: { codec: "avc", width: 1280, height: 720, fit: "fill", bitrate: 4e6 },
    audio: { codec: "aac", bitrate: 128_000, forceTranscode: true },
  });
  await conversion.execute();
  input.dispose();
  return 1;
}

await serve({ "decode": pictures, "pcm": samples, "transcode": transcode });
