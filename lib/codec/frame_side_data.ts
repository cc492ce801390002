/**
 * Side data of a picture: a display matrix, captions, the data of high dynamic range.
 *
 * @module
 */
import { copyOf, type Native, readPointer, type Struct } from "../../ffi/mod.ts";
import { constantName } from "../format/struct_values.ts";
import type { SideData } from "../format/types.ts";

const MAX_SIDE_DATA = 256;

/** Copies of an AVFrame's side data. */
export function readFrameSideData(lib: Native, frame: Struct): SideData[] {
  const count = Math.min(frame.number("nb_side_data"), MAX_SIDE_DATA);
  const array = frame.at("side_data");
  if (count <= 0 || array === 0) return [];
  const view = new DataView(lib.ffi.view(array, count * 8));
  return Array.from({ length: count }, (_, i) => {
    const entry = lib.struct("AVFrameSideData", readPointer(view, i * 8));
    const kind = entry.number("type");
    return {
      type: constantName(lib, lib.avutil.av_frame_side_data_name(kind)) ?? `side data ${kind}`,
      data: copyOf(entry.at("data"), entry.number("size")),
    };
  });
}
