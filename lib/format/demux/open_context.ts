/**
 * Opening an input: `avformat_open_input` and `avformat_find_stream_info`.
 *
 * @module
 */
import { DEFAULT_MAX_PIXELS } from "../../check.ts";
import { cString, native, NULL, PointerSlot } from "../../../ffi/mod.ts";
import { withDictionary } from "../../dictionary.ts";
import { findStreamInfo } from "./find_stream_info.ts";
import { AVERROR, AVError } from "../../error.ts";
import type { OpenedIO } from "../../io/input.ts";
import { demuxerSettings, UNNAMED, whyFormatRefused } from "../../io/nested/demuxer_settings.ts";
import { sequenceOf } from "../../io/nested/sequence.ts";
import { releasedAfter } from "../../io/avio/release.ts";
import { FormatCore } from "../format_context.ts";
import type { DemuxerSyncOptions } from "./options.ts";
import type { PacketSlot } from "../packet.ts";
import { noWayBack } from "./index_last.ts";
import { formatMeant, listFormats } from "../../info.ts";
import { didYouMean } from "../../suggest.ts";
import { readInPlace } from "./memory_input.ts";

const AV_TIME_BASE = 1_000_000;
/** libavutil's own limit of one block. */
const MAX_BLOCK = 2 ** 31 - 1;

/** An open format context; whatever goes wrong on the way releases everything, `slot` too. */
export function openContext(
  io: OpenedIO,
  options: DemuxerSyncOptions,
  slot: PacketSlot,
): FormatCore {
  const { avformat } = native();
  const { format, formats, probeSize, analyzeDuration, signal, timeout, maxBytes } = options;
  const { maxPixels = DEFAULT_MAX_PIXELS, maxMemory } = options;
  const demuxer = format === undefined ? NULL : avformat.av_find_input_format(cString(format));
  if (format !== undefined && demuxer === NULL) {
    slot.free();
    const meant = didYouMean(formatMeant(String(format), listFormats().demuxers));
    throw new TypeError(`unknown demuxer ${JSON.stringify(format)}${meant}`);
  }
  const pointer = avformat.avformat_alloc_context();
  if (pointer === NULL) {
    slot.free();
    throw new AVError({ code: AVERROR("ENOMEM"), operation: "avformat_alloc_context" });
  }
  const context = new PointerSlot(pointer);
  // Closing a context that was never opened would close our own `pb` with it.
  let opened = false;
  const core = new FormatCore({
    kind: "demuxer",
    io: io.core,
    pointer,
    open: options.open,
    limits: { signal, timeout, maxBytes },
    onLog: options.onLog,
    free: (at) => {
      if (opened) avformat.avformat_close_input(new PointerSlot(at).bytes);
      else avformat.avformat_free_context(at);
    },
    freeExtra: () => slot.free(),
  });
  try {
    core.opening = options.name ?? io.name;
    const name = core.opening ?? UNNAMED;
    const { adapter } = io.core;
    // Without `seek` not even the size is answered.
    const mayBeLive = !adapter.seekable && adapter.seek === undefined;
    const { entries: settings, optional } = demuxerSettings(name, options, mayBeLive);
    if (maxMemory !== undefined) {
      native().avutil.av_max_alloc(Math.floor(Math.min(maxMemory, MAX_BLOCK)));
    }
    if (probeSize !== undefined) settings.probesize = probeSize;
    if (analyzeDuration !== undefined) {
      settings.analyzeduration = Math.round(analyzeDuration * AV_TIME_BASE);
    }
    const url = cString(name);
    io.core.wouldBlockIsFatal = true;
    withDictionary(settings, (dictionary) => {
      const result = core.call("avformat_open_input", () => {
        const probed = readInPlace(core, options, url, demuxer);
        const named = probed?.demuxer ?? demuxer;
        const code = avformat.avformat_open_input(context.bytes, url, named, dictionary.bytes);
        opened = true;
        // A failed open has freed the context already.
        if (code < 0) core.markFreed();
        else if (probed) core.struct.set("probe_score", probed.score);
        return code;
      });
      if (result < 0) {
        throw core.error(
          "avformat_open_input",
          result,
          formats ? undefined : whyFormatRefused(core.log),
        );
      }
      const format = native().struct("AVInputFormat", core.struct.at("iformat"));
      core.assertOptionsTaken("avformat_open_input", dictionary.value, format, optional);
    });
    const images = sequenceOf(options.open);
    if (images) {
      core.stream(0).set("duration", images.count);
    }
    const { why, certain } = noWayBack(core) ?? {};
    core.cannotGoBack = why;
    if (certain && (options.findStreamInfo ?? true)) {
      throw core.error("avformat_open_input", AVERROR("ESPIPE"), why);
    }
    if (options.findStreamInfo ?? true) findStreamInfo(core, maxPixels);
    io.core.wouldBlockIsFatal = false;
    core.opening = undefined;
    return core;
  } catch (error) {
    throw releasedAfter(error, () => core.release());
  }
}
