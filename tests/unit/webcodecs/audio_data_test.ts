import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { AudioData, type AudioSampleFormat } from "../../../webcodecs.ts";
import { frameOfAudio } from "../../../lib/webcodecs/audio_data.ts";
import { audioDataOf } from "../../../lib/webcodecs/audio_data.ts";

const arrays = { u8: Uint8Array, s16: Int16Array, s32: Int32Array, f32: Float32Array };
const types = ["u8", "s16", "s32", "f32"] as const;
const values = [-1, -0.5, 0, 0.25, 0.5, 0.875];
const scale = { u8: 128, s16: 2 ** 15, s32: 2 ** 31, f32: 1 };

function coded(type: keyof typeof arrays, numbers: readonly number[]) {
  return arrays[type].from(numbers.map((x) => x * scale[type] + (type === "u8" ? 128 : 0)));
}

/** Two channels: the values, and the values backwards. */
function audio(format: AudioSampleFormat): AudioData {
  const type = format.replace("-planar", "") as keyof typeof arrays;
  const back = [...values].reverse();
  const order = format.endsWith("-planar")
    ? [...values, ...back]
    : values.flatMap((value, i) => [value, back[i]]);
  return new AudioData({
    format,
    sampleRate: 48000,
    numberOfFrames: values.length,
    numberOfChannels: 2,
    timestamp: -20,
    data: coded(type, order),
  });
}

for (const from of types) {
  for (const to of types) {
    for (const layout of ["", "-planar"] as const) {
      test(`${from}${layout} becomes ${to} in both layouts`, () => {
        using data = audio(`${from}${layout}`);
        const planar = new arrays[to](values.length);
        data.copyTo(planar, { planeIndex: 1, format: `${to}-planar` });
        assertEquals(planar, coded(to, [...values].reverse()));
        const interleaved = new arrays[to](4);
        data.copyTo(interleaved, { planeIndex: 0, format: to, frameOffset: 1, frameCount: 2 });
        assertEquals(interleaved, coded(to, [-0.5, 0.5, 0, 0.25]));
        // The destination need not be aligned.
        const bytes = new Uint8Array(values.length * planar.BYTES_PER_ELEMENT + 1).subarray(1);
        data.copyTo(bytes, { planeIndex: 0, format: `${to}-planar` });
        const aligned = bytes.slice();
        assertEquals(new arrays[to](aligned.buffer), coded(to, values));
      });
    }
  }
}

test("samples come back from a native frame as they went in", () => {
  for (const format of ["u8", "s16", "s32", "f32", "s16-planar", "f32-planar"] as const) {
    using data = audio(format);
    using native = audioDataOf(frameOfAudio(data), { timestamp: data.timestamp });
    assertEquals([native.format, native.numberOfFrames, native.numberOfChannels], [format, 6, 2]);
    const options = { planeIndex: 0, format: "f32" } as const;
    const [before, after] = [new Float32Array(12), new Float32Array(12)];
    data.copyTo(before, options);
    native.copyTo(after, options);
    assertEquals(after, before);
    using clone = native.clone();
    native.close();
    clone.copyTo(after, options);
    assertEquals(after, before);
  }
});

test("loud samples are cut, not wrapped", () => {
  using data = new AudioData({
    format: "f32",
    sampleRate: 8000,
    numberOfFrames: 4,
    numberOfChannels: 1,
    timestamp: 0,
    data: Float32Array.of(1, -3, 5, NaN),
  });
  const into = new Int16Array(4);
  data.copyTo(into, { planeIndex: 0, format: "s16" });
  assertEquals([...into], [32767, -32768, 32767, 0]);
});

test("ranges that do not fit are refused", () => {
  using data = audio("f32-planar");
  const into = new Float32Array(12);
  const refused = [
    { planeIndex: 2 },
    { planeIndex: 1, format: "f32" },
    { planeIndex: 0, frameOffset: 6 },
    { planeIndex: 0, frameOffset: 4, frameCount: 3 },
  ] as const;
  for (const options of refused) {
    assertThrows(() => data.copyTo(into, options), RangeError);
    assertThrows(() => data.allocationSize(options), RangeError);
  }
  assertThrows(() => data.copyTo(new Float32Array(5), { planeIndex: 0 }), RangeError);
  assertThrows(() => data.copyTo(into, {} as { planeIndex: number }), TypeError);
});

test("closed samples have no size and refuse to be copied", () => {
  const data = audio("s16");
  data.close();
  data.close();
  assertEquals([data.format, data.sampleRate, data.numberOfFrames], [null, 0, 0]);
  assertEquals([data.duration, data.timestamp], [0, -20]);
  for (
    const run of [
      () => data.clone(),
      () => data.copyTo(new Int16Array(12), { planeIndex: 0 }),
      () => data.allocationSize({ planeIndex: 0 }),
      () => data.libav,
    ]
  ) {
    let name = "";
    try {
      run();
    } catch (error) {
      assert(error instanceof DOMException);
      name = error.name;
    }
    assertEquals(name, "InvalidStateError");
  }
});

test("transferred buffers are detached, others are copied", () => {
  const samples = Float32Array.of(1, 2, 3, 4);
  const init = {
    format: "f32",
    sampleRate: 8000,
    numberOfFrames: 4,
    numberOfChannels: 1,
    timestamp: 0,
    data: samples,
  } as const;
  using copied = new AudioData(init);
  samples[0] = 9;
  const into = new Float32Array(4);
  copied.copyTo(into, { planeIndex: 0 });
  assertEquals(into[0], 1);
  using taken = new AudioData({ ...init, transfer: [samples.buffer] });
  assertEquals([samples.length, taken.numberOfFrames], [0, 4]);
});
