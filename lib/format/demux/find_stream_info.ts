/**
 * Telling the streams from the first packets, which decodes some of them.
 *
 * @module
 */
import { advance, copyOut, cString, makeBytes, NULL } from "../../../ffi/mod.ts";
import { AVERROR } from "../../error.ts";
import type { FormatCore } from "../format_context.ts";

/**
 * Reads and decodes as much as it takes (`avformat_find_stream_info`), no picture above a limit.
 * libavformat takes options for the streams that are known by then, and no others: a stream that
 * only appears while it reads on has no limit but `decoders` and `maxMemory`.
 */
export function findStreamInfo(core: FormatCore, maxPixels: number): void {
  const { avformat, avutil } = core.native;
  const find = (options = NULL) =>
    core.checked(
      "avformat_find_stream_info",
      (context) => avformat.avformat_find_stream_info(context, options),
    );
  const count = core.struct.number("nb_streams");
  if (count === 0) return void find();
  // One AVDictionary for each stream; libavformat takes out the options that it knows.
  const array = avutil.av_mallocz(count * 8);
  if (array === NULL) throw core.error("av_mallocz", AVERROR("ENOMEM"));
  const limit = cString(String(Math.min(maxPixels, 2 ** 31 - 1)));
  try {
    for (let i = 0; i < count; i++) {
      avutil.av_dict_set_at(advance(array, i * 8), cString("max_pixels"), limit, 0);
    }
    find(array);
  } finally {
    for (let i = 0; i < count; i++) {
      const slot = makeBytes(8);
      copyOut(slot, advance(array, i * 8));
      avutil.av_dict_free(slot);
    }
    avutil.av_free(array);
  }
}
