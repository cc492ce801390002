"""PyAV over bytes in memory; the protocol is that of serve.mjs."""

import io
import sys
import time

import av

av.logging.set_level(av.logging.PANIC)


def demux(data, payload, limit=None):
    count = total = 0
    with av.open(io.BytesIO(data), buffer_size=65536) as container:
        for packet in container.demux():
            if packet.size == 0 and packet.dts is None:
                continue  # the flushing packet at the end
            count += 1
            total += packet.size + packet.stream_index + packet.is_keyframe
            total += (packet.pts or 0) % 1000 + (packet.dts or 0) % 1000
            if payload:
                total += bytes(packet)[-1]
            if count == limit:
                break
    return count


class Counter:
    """A sink that counts."""

    def __init__(self):
        self.position = self.end = 0

    def write(self, chunk):
        self.position += len(chunk)
        self.end = max(self.end, self.position)
        return len(chunk)

    def seek(self, offset, whence=0):
        self.position = offset + (0, self.position, self.end)[whence]
        return self.position

    def tell(self):
        return self.position

    def seekable(self):
        return True


def remux(data, target, sink):
    options = {}
    if target == "fmp4":
        target, options = "mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    count = 0
    with av.open(io.BytesIO(data), buffer_size=65536) as source:
        with av.open(sink, "w", format=target, options=options, buffer_size=65536) as output:
            streams = {s.index: output.add_stream(template=s) for s in source.streams}
            for packet in source.demux():
                if packet.dts is None:
                    continue
                packet.stream = streams[packet.stream_index]
                output.mux(packet)
                count += 1
    return count


def probe(data):
    with av.open(io.BytesIO(data), buffer_size=65536) as container:
        return len(container.streams)


MODES = {
    "demux": lambda data, _: demux(data, False),
    "demux-copy": lambda data, _: demux(data, True),
    "first": lambda data, _: demux(data, False, 1),
    "remux-count": lambda data, target: remux(data, target, Counter()),
    "remux-memory": lambda data, target: remux(data, target, io.BytesIO()),
    "probe": lambda data, _: probe(data),
}


def resident(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))


def load(path):
    with open(path, "rb") as file:
        return file.read()


if sys.argv[1:2] == ["once"]:
    mode, path, *rest = sys.argv[2:]
    data = load(path)
    before = resident("VmRSS")
    count = MODES[mode](data, rest[0] if rest else "")
    print(resident("VmHWM") - before, count)
    sys.exit()

loaded = data = None
for line in sys.stdin:
    mode, path, repeat, *rest = line.split()
    if mode not in MODES:
        print("absent", flush=True)
        continue
    if path != loaded:
        data = None
        loaded, data = path, load(path)
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    try:
        for _ in range(int(repeat)):
            count = MODES[mode](data, rest[0] if rest else "")
    except Exception as error:  # what this version cannot do is left out, and said
        print(f"{mode} {path}: {error!r}", file=sys.stderr)
        print("absent", flush=True)
        continue
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    print(wall // int(repeat), cpu // int(repeat), count, "-", flush=True)
