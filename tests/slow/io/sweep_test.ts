/**
 * Every fault at every callback: scenario × callback × fault, each run judged. Prints
 * how many faults were injected and survived.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import {
  AVError,
  AVSEEK_SIZE,
  DemuxerSync,
  DisposedError,
  IOContext,
  MuxerSync,
  probeSync,
  remuxSync,
} from "../../../mod.ts";
import { openCallbacks } from "../../support/callbacks.ts";
import { faults, type Outcome, Plan } from "../../support/faults.ts";
import { generated } from "../../support/media.ts";

const bufferSize = 4096;

function fixture(name: string): Uint8Array {
  const found = generated().find((file) => file.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return new Uint8Array(readFileSync(found.path));
}

/** Bytes behind libav's own three callbacks, each of them a chance for the fault. */
function reading(bytes: Uint8Array, plan: Plan): IOContext {
  let at = 0;
  return new IOContext({
    read: (buffer) =>
      plan.call("read", buffer.length, (most = buffer.length) => {
        const part = bytes.subarray(at, at + Math.min(most, buffer.length));
        buffer.set(part);
        at += part.length;
        return part.length;
      }),
    seek: (offset, whence) =>
      plan.call(
        whence === AVSEEK_SIZE ? "size" : "seek",
        0,
        () => whence === AVSEEK_SIZE ? bytes.length : at = offset,
      ),
  }, { bufferSize, onClose: () => void plan.call("close", 0, () => 0) });
}

function writing(plan: Plan): { io: IOContext; bytes: () => Uint8Array } {
  let store = new Uint8Array(0);
  let at = 0;
  let end = 0;
  const io = new IOContext({
    write: (chunk) =>
      plan.call("write", chunk.length, (most = chunk.length) => {
        if (at + most > store.length) {
          const grown = new Uint8Array((at + most) * 2);
          grown.set(store);
          store = grown;
        }
        store.set(chunk.subarray(0, most), at);
        at += most;
        end = Math.max(end, at);
        return most;
      }),
    seek: (offset, whence) =>
      plan.call(
        whence === AVSEEK_SIZE ? "size" : "seek",
        0,
        () => whence === AVSEEK_SIZE ? end : at = offset,
      ),
  }, { bufferSize, onClose: () => void plan.call("close", 0, () => 0) });
  return { io, bytes: () => store.subarray(0, end) };
}

function hash(bytes: Uint8Array): number {
  let sum = 2166136261;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 16777619);
  return sum >>> 0;
}

type Scenario = (plan: Plan) => string;

function opened(bytes: Uint8Array, plan: Plan): DemuxerSync {
  const io = reading(bytes, plan);
  plan.dispose = () => io.close();
  const input = DemuxerSync.open(io, { signal: plan.controller.signal });
  plan.dispose = () => input.close();
  return input;
}

/** A call after a final failure is refused by name. */
function refusedAfterwards(input: DemuxerSync, plan: Plan): void {
  if (plan.fired === undefined || !plan.fault?.fatal) return;
  try {
    input.read();
  } catch (error) {
    assert(error instanceof AVError || error instanceof DisposedError, String(error));
    return;
  }
  throw new Error("a poisoned demuxer went on reading");
}

function demux(bytes: Uint8Array): Scenario {
  return (plan) => {
    using input = opened(bytes, plan);
    const lines: string[] = [];
    try {
      for (const { pts, dts, size, data } of input) {
        lines.push(`${pts} ${dts} ${size} ${hash(data)}`);
      }
    } catch (error) {
      refusedAfterwards(input, plan);
      throw error;
    }
    return lines.join("\n");
  };
}

function seeks(bytes: Uint8Array): Scenario {
  return (plan) => {
    using input = opened(bytes, plan);
    const lines: string[] = [];
    try {
      for (const place of [0.9, 0.1, 0.5, 0, 0.7]) {
        input.seek(place);
        for (let i = 0; i < 3; i++) lines.push(String(input.read()?.pts));
      }
    } catch (error) {
      refusedAfterwards(input, plan);
      throw error;
    }
    return lines.join("\n");
  };
}

function remuxTo(bytes: Uint8Array, format: string, options = {}): Scenario {
  return (plan) => {
    const { io, bytes: written } = writing(plan);
    plan.dispose = () => io.close();
    remuxSync(bytes, io, {
      format,
      options: { fflags: "+bitexact", ...options },
      signal: plan.controller.signal,
    });
    return String(hash(written()));
  };
}

/** Reads, too, fail under a remux. */
function remuxFrom(bytes: Uint8Array, format: string): Scenario {
  return (plan) => {
    const { io, bytes: written } = writing(new Plan(-1, undefined));
    const input = reading(bytes, plan);
    plan.dispose = () => input.close();
    remuxSync(input, io, {
      format,
      options: { fflags: "+bitexact" },
      signal: plan.controller.signal,
    });
    return String(hash(written()));
  };
}

/** Packets the program holds, and a muxer left without its trailer at the first failure. */
const mux: Scenario = (plan) => {
  const { io, bytes } = writing(plan);
  using output = MuxerSync.create(io, {
    format: "matroska",
    options: { fflags: "+bitexact" },
    signal: plan.controller.signal,
  });
  plan.dispose = () => output.close();
  const audio = output.addStream({
    type: "audio",
    codec: "pcm_s16le",
    sampleRate: 8000,
    channels: 1,
    sampleFormat: "s16",
    timeBase: { num: 1, den: 8000 },
  });
  const data = new Uint8Array(1600).fill(7);
  for (let i = 0; i < 40; i++) output.write({ data, pts: i * 800, duration: 800 }, audio);
  output.finish();
  return String(hash(bytes()));
};

const mp4 = fixture("progressive.mp4");
const mkv = fixture("matroska.mkv");
const ts = fixture("mpegts.ts");
const fragmented = { movflags: "frag_keyframe+empty_moov+default_base_moof" };

const scenarios: Record<string, Scenario> = {
  "probe mp4": (plan) => {
    const io = reading(mp4, plan);
    plan.dispose = () => io.close();
    return JSON.stringify(probeSync(io, { signal: plan.controller.signal }));
  },
  "demux mp4": demux(mp4),
  "demux matroska": demux(mkv),
  "demux mpegts": demux(ts),
  "a storm of seeks in mp4": seeks(mp4),
  "a storm of seeks in matroska": seeks(mkv),
  "mux packets of one's own": mux,
  "remux to mp4": remuxTo(mkv, "mp4", { strict: -2 }),
  "remux to fragmented mp4": remuxTo(mp4, "mp4", fragmented),
  "remux to matroska": remuxTo(mp4, "matroska"),
  "remux from matroska": remuxFrom(mkv, "nut"),
};

function outcomeOf(scenario: Scenario, plan: Plan): Outcome {
  try {
    return { digest: scenario(plan) };
  } catch (error) {
    return { error };
  }
}

for (const [name, scenario] of Object.entries(scenarios)) {
  test(`${name}: survives every fault at every callback`, () => {
    const clean = scenario(new Plan(-1, undefined));
    const open = openCallbacks();
    let injected = 0;
    for (const fault of faults) {
      for (let at = 0;; at++) {
        const plan = new Plan(at, fault);
        const outcome = outcomeOf(scenario, plan);
        const where = `${fault.name} at callback ${at} (${plan.fired})`;
        assertEquals(openCallbacks(), open, `${where}: callbacks are left open`);
        if (plan.fired === undefined) {
          assertEquals(outcome, { digest: clean }, `${fault.name}: a run without a fault`);
          break;
        }
        try {
          fault.check(outcome, plan, clean);
        } catch (error) {
          throw new Error(`${where}: ${(error as Error).message}`, {
            cause: outcome.error ?? error,
          });
        }
        injected++;
      }
    }
    assert(injected > 20, `only ${injected} faults`);
    console.log(`${name}: ${injected} faults let in, all survived`);
  });
}
