/**
 * Code for browsers, typed by `lib.dom`, with the classes of this module: it compiles.
 *
 * @module
 */
import * as own from "../../webcodecs.ts";
const decoder: VideoDecoder = new own.VideoDecoder({
  output(frame: VideoFrame) {
    frame.close();
  },
  error(e: DOMException) {
    throw e;
  },
});
const audioDecoder: AudioDecoder = new own.AudioDecoder({
  output(frame: AudioData) {
    frame.close();
  },
  error(e: DOMException) {
    throw e;
  },
});
const encoder: VideoEncoder = new own.VideoEncoder({
  output(chunk: EncodedVideoChunk, m?: EncodedVideoChunkMetadata) {
    void chunk;
    void m;
  },
  error() {},
});
const audioEncoder: AudioEncoder = new own.AudioEncoder({
  output(chunk: EncodedAudioChunk, m?: EncodedAudioChunkMetadata) {
    void chunk;
    void m;
  },
  error() {},
});
const space: VideoColorSpace = new own.VideoColorSpace();
const chunk: EncodedVideoChunk = new own.EncodedVideoChunk({
  type: "key",
  timestamp: 0,
  data: new Uint8Array(),
});
const image: ImageDecoder = new own.ImageDecoder({ type: "image/png", data: new Uint8Array() });
declare const canvas: OffscreenCanvas,
  element: HTMLCanvasElement,
  bitmap: ImageBitmap,
  data: ImageData,
  domFrame: VideoFrame,
  domChunk: EncodedVideoChunk,
  config: VideoDecoderConfig,
  econfig: VideoEncoderConfig,
  aconfig: AudioEncoderConfig;
const frame: VideoFrame = new own.VideoFrame(canvas, { timestamp: 0 });
new own.VideoFrame(element, { timestamp: 0 });
new own.VideoFrame(bitmap, { timestamp: 0 });
new own.VideoFrame(data, { timestamp: 0 });
new own.VideoFrame(domFrame);
decoder.decode(chunk);
decoder.configure(config);
encoder.encode(frame);
encoder.configure(econfig);
audioEncoder.configure(aconfig);
new own.VideoEncoder({ output() {}, error() {} }).encode(domFrame);
new own.VideoDecoder({ output() {}, error() {} }).decode(domChunk);
new own.VideoDecoder({ output() {}, error() {} }).configure(config);
new own.VideoEncoder({ output() {}, error() {} }).configure(econfig);
const pixels: ImageData = new own.VideoFrame(data, { timestamp: 0 }).libav.imageData();
canvas.getContext("2d")?.putImageData(pixels, 0, 0);
const ctor: typeof VideoFrame = own.VideoFrame;
const ctor2: typeof VideoDecoder = own.VideoDecoder;
const ctor3: typeof ImageDecoder = own.ImageDecoder;
const ctor4: typeof AudioData = own.AudioData;
const ctor5: typeof VideoEncoder = own.VideoEncoder;
void [audioDecoder, space, image, ctor, ctor2, ctor3, ctor4, ctor5];
