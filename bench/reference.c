/*
 * The same work in C, on the same libavformat: what the module is measured against.
 *
 * Reads lines "MODE FILE REPEAT [FORMAT]" and answers each with "WALL CPU COUNT SUM": the
 * nanoseconds of one repetition by the clock and of the processor, the packets (or streams) seen,
 * and a sum that must agree with the module's.
 * "once MODE FILE [FORMAT]" as arguments does one job and prints "PEAK_KIB" over the loaded input.
 *
 *     cc -O2 -o reference bench/reference.c $(pkg-config --cflags --libs \
 *         libavformat libavcodec libavutil libswscale libswresample)
 */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BUFFER_SIZE 65536

/* by_path: libavformat opens the file itself */
typedef struct {
    const uint8_t *bytes;
    int64_t size, position;
    const char *path;
    int by_path;
} Input;

/* bytes is NULL where the output is only counted */
typedef struct {
    uint8_t *bytes;
    int64_t capacity, position, end;
    int keep;
} Output;

typedef struct {
    int64_t count, sum;
} Result;

static void die(const char *what, int code) {
    fprintf(stderr, "reference: %s: %s\n", what, code ? av_err2str(code) : "failed");
    exit(1);
}

static int read_packet(void *opaque, uint8_t *buffer, int size) {
    Input *in = opaque;
    int64_t left = in->size - in->position;
    if (left <= 0) return AVERROR_EOF;
    if (size > left) size = (int)left;
    memcpy(buffer, in->bytes + in->position, size);
    in->position += size;
    return size;
}

static int64_t seek_input(void *opaque, int64_t offset, int whence) {
    Input *in = opaque;
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE) return in->size;
    int64_t to = whence == SEEK_SET ? offset
               : whence == SEEK_CUR ? in->position + offset
               : in->size + offset;
    if (to < 0) return AVERROR(EINVAL);
    return in->position = to;
}

#if LIBAVFORMAT_VERSION_MAJOR >= 61
static int write_packet(void *opaque, const uint8_t *buffer, int size) {
#else
static int write_packet(void *opaque, uint8_t *buffer, int size) {
#endif
    Output *out = opaque;
    int64_t end = out->position + size;
    if (out->keep) {
        if (end > out->capacity) {
            int64_t grown = out->capacity * 2 > end ? out->capacity * 2 : end;
            out->bytes = realloc(out->bytes, grown);
            if (!out->bytes) die("realloc", 0);
            out->capacity = grown;
        }
        memcpy(out->bytes + out->position, buffer, size);
    }
    out->position = end;
    if (end > out->end) out->end = end;
    return size;
}

static int64_t seek_output(void *opaque, int64_t offset, int whence) {
    Output *out = opaque;
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE) return out->end;
    int64_t to = whence == SEEK_SET ? offset
               : whence == SEEK_CUR ? out->position + offset
               : out->end + offset;
    if (to < 0) return AVERROR(EINVAL);
    return out->position = to;
}

static AVFormatContext *open_input(Input *in, int find) {
    AVFormatContext *ctx = avformat_alloc_context();
    in->position = 0;
    if (!in->by_path)
        ctx->pb = avio_alloc_context(av_malloc(BUFFER_SIZE), BUFFER_SIZE, 0, in, read_packet, NULL,
                                     seek_input);
    int code = avformat_open_input(&ctx, in->by_path ? in->path : "", NULL, NULL);
    if (code < 0) die("avformat_open_input", code);
    if (find && (code = avformat_find_stream_info(ctx, NULL)) < 0)
        die("avformat_find_stream_info", code);
    return ctx;
}

static void close_io(AVIOContext *pb) {
    av_freep(&pb->buffer);
    avio_context_free(&pb);
}

static void close_input(AVFormatContext *ctx) {
    AVIOContext *pb = ctx->flags & AVFMT_FLAG_CUSTOM_IO ? ctx->pb : NULL;
    avformat_close_input(&ctx);
    if (pb) close_io(pb);
}

static Result probe(Input *in, int find) {
    AVFormatContext *ctx = open_input(in, find);
    Result result = {ctx->nb_streams, 0};
    for (unsigned i = 0; i < ctx->nb_streams; i++) result.sum += ctx->streams[i]->codecpar->codec_type;
    close_input(ctx);
    return result;
}

/* payload: 0 metadata alone, 1 into one buffer, 2 into a fresh one each */
static Result demux(Input *in, int payload, int64_t limit) {
    AVFormatContext *ctx = open_input(in, 1);
    AVPacket *packet = av_packet_alloc();
    Result result = {0, 0};
    uint8_t *into = NULL;
    int room = 0;
    while (result.count < limit && av_read_frame(ctx, packet) >= 0) {
        result.count++;
        result.sum += packet->size + packet->stream_index + (packet->flags & AV_PKT_FLAG_KEY);
        if (packet->pts != AV_NOPTS_VALUE) result.sum += packet->pts % 1000;
        if (packet->dts != AV_NOPTS_VALUE) result.sum += packet->dts % 1000;
        if (payload && packet->size) {
            if (payload == 2) into = malloc(packet->size);
            else if (room < packet->size) into = realloc(into, room = packet->size);
            memcpy(into, packet->data, packet->size);
            result.sum += into[packet->size - 1];
            if (payload == 2) free(into);
        }
        av_packet_unref(packet);
    }
    if (payload == 1) free(into);
    av_packet_free(&packet);
    close_input(ctx);
    return result;
}

static Result remux(Input *in, const char *format, int keep) {
    AVFormatContext *ctx = open_input(in, 1), *mux = NULL;
    Output out = {NULL, 0, 0, 0, keep};
    AVDictionary *options = NULL;
    int code;
    if (!strcmp(format, "fmp4")) {
        format = "mp4";
        av_dict_set(&options, "movflags", "frag_keyframe+empty_moov+default_base_moof", 0);
    }
    if ((code = avformat_alloc_output_context2(&mux, NULL, format, NULL)) < 0)
        die("avformat_alloc_output_context2", code);
    mux->pb = avio_alloc_context(av_malloc(BUFFER_SIZE), BUFFER_SIZE, 1, &out, NULL, write_packet,
                                 seek_output);
    for (unsigned i = 0; i < ctx->nb_streams; i++) {
        AVStream *to = avformat_new_stream(mux, NULL);
        avcodec_parameters_copy(to->codecpar, ctx->streams[i]->codecpar);
        to->codecpar->codec_tag = 0;
        to->time_base = ctx->streams[i]->time_base;
    }
    av_dict_copy(&mux->metadata, ctx->metadata, 0);
    if ((code = avformat_write_header(mux, &options)) < 0) die("avformat_write_header", code);
    av_dict_free(&options);
    AVPacket *packet = av_packet_alloc();
    Result result = {0, 0};
    while (av_read_frame(ctx, packet) >= 0) {
        AVStream *from = ctx->streams[packet->stream_index], *to = mux->streams[packet->stream_index];
        av_packet_rescale_ts(packet, from->time_base, to->time_base);
        packet->pos = -1;
        if ((code = av_interleaved_write_frame(mux, packet)) < 0)
            die("av_interleaved_write_frame", code);
        result.count++;
    }
    av_packet_free(&packet);
    if ((code = av_write_trailer(mux)) < 0) die("av_write_trailer", code);
    avio_flush(mux->pb);
    close_io(mux->pb);
    avformat_free_context(mux);
    close_input(ctx);
    /* Sizes of headers differ with what else is copied: the packets are what must agree. */
    result.sum = 0;
    free(out.bytes);
    return result;
}

/* What a decoded frame is made into. */
typedef struct {
    struct SwsContext *scaler;
    uint8_t *pixels;
    SwrContext *resampler;
} Conversion;

static void count_picture(Conversion *conversion, const AVFrame *frame, Result *result) {
    result->count++;
    result->sum += frame->width + (frame->pts == AV_NOPTS_VALUE ? 0 : frame->pts % 1000);
    if (!conversion) return;
    int line = frame->width * 4;
    if (!conversion->scaler) {
        conversion->scaler = sws_getContext(frame->width, frame->height, frame->format,
                                            frame->width, frame->height, AV_PIX_FMT_RGBA,
                                            SWS_BICUBIC, NULL, NULL, NULL);
        conversion->pixels = malloc((size_t)line * frame->height);
    }
    sws_scale(conversion->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
              frame->height, &conversion->pixels, &line);
    result->sum += conversion->pixels[line - 1];
}

static void count_samples(Conversion *conversion, const AVFrame *frame, Result *result) {
    if (!conversion->resampler) {
        SwrContext *resampler = swr_alloc();
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 28, 100)
        av_opt_set_chlayout(resampler, "in_chlayout", &frame->ch_layout, 0);
        av_opt_set_chlayout(resampler, "out_chlayout", &frame->ch_layout, 0);
#else
        int64_t layout = frame->channel_layout ? (int64_t)frame->channel_layout
                                               : av_get_default_channel_layout(frame->channels);
        av_opt_set_int(resampler, "in_channel_layout", layout, 0);
        av_opt_set_int(resampler, "out_channel_layout", layout, 0);
#endif
        av_opt_set_int(resampler, "in_sample_rate", frame->sample_rate, 0);
        av_opt_set_int(resampler, "out_sample_rate", frame->sample_rate, 0);
        av_opt_set_sample_fmt(resampler, "in_sample_fmt", frame->format, 0);
        av_opt_set_sample_fmt(resampler, "out_sample_fmt", AV_SAMPLE_FMT_FLT, 0);
        int code = swr_init(resampler);
        if (code < 0) die("swr_init", code);
        conversion->resampler = resampler;
    }
    /* A fresh block each, as the module gives one. */
    uint8_t *out = malloc((size_t)frame->nb_samples * 8 * sizeof(float));
    int got = swr_convert(conversion->resampler, &out, frame->nb_samples,
                          (const uint8_t **)frame->extended_data, frame->nb_samples);
    if (got > 0) result->count += got;
    free(out);
}

/* Every frame of the best stream of a type, decoded with so many threads. */
static Result decode(Input *in, enum AVMediaType type, int threads, Conversion *conversion) {
    AVFormatContext *ctx = open_input(in, 1);
    int index = av_find_best_stream(ctx, type, -1, -1, NULL, 0);
    if (index < 0) die("av_find_best_stream", index);
    AVCodecParameters *parameters = ctx->streams[index]->codecpar;
    const AVCodec *codec = avcodec_find_decoder(parameters->codec_id);
    AVCodecContext *decoder = avcodec_alloc_context3(codec);
    avcodec_parameters_to_context(decoder, parameters);
    decoder->thread_count = threads;
    decoder->pkt_timebase = ctx->streams[index]->time_base;
    int code = avcodec_open2(decoder, codec, NULL);
    if (code < 0) die("avcodec_open2", code);
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    Result result = {0, 0};
    for (int draining = 0; !draining;) {
        draining = av_read_frame(ctx, packet) < 0;
        if (!draining && packet->stream_index != index) {
            av_packet_unref(packet);
            continue;
        }
        avcodec_send_packet(decoder, draining ? NULL : packet);
        av_packet_unref(packet);
        while (avcodec_receive_frame(decoder, frame) >= 0) {
            if (type == AVMEDIA_TYPE_VIDEO) count_picture(conversion, frame, &result);
            else count_samples(conversion, frame, &result);
            av_frame_unref(frame);
        }
    }
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&decoder);
    close_input(ctx);
    if (conversion) {
        sws_freeContext(conversion->scaler);
        swr_free(&conversion->resampler);
        free(conversion->pixels);
    }
    return result;
}

static Result demux_path(Input *in) {
    Input file = *in;
    file.by_path = 1;
    return demux(&file, 0, INT64_MAX);
}

static char loaded[4000];

/* The ffmpeg tool in a process of its own, for what a C program would leave to it. */
static Result spawn(const char *before, const char *after) {
    char command[9000];
    snprintf(command, sizeof command, "ffmpeg -nostdin -v error -y %s -i '%s' %s", before, loaded,
             after);
    if (system(command) != 0) die(command, 0);
    return (Result){1, 0};
}

static Result run(Input *in, const char *mode, const char *format) {
    if (!strcmp(mode, "thumbnail"))
        return spawn("-ss 1", "-frames:v 1 -vf scale=320:-2 -f image2pipe -c:v mjpeg /dev/null");
    if (!strcmp(mode, "transcode"))
        return spawn("-threads 2", "-vf scale=1280:720 -c:v libx264 -preset ultrafast -crf 23 "
                     "-threads 2 -c:a aac -b:a 128k -f matroska /dev/null");
    Conversion conversion = {0};
    if (!strcmp(mode, "decode")) return decode(in, AVMEDIA_TYPE_VIDEO, atoi(format), NULL);
    if (!strcmp(mode, "decode-rgba"))
        return decode(in, AVMEDIA_TYPE_VIDEO, atoi(format), &conversion);
    if (!strcmp(mode, "pcm")) return decode(in, AVMEDIA_TYPE_AUDIO, 1, &conversion);
    if (!strcmp(mode, "demux")) return demux(in, 0, INT64_MAX);
    if (!strcmp(mode, "demux-path")) return demux_path(in);
    if (!strcmp(mode, "demux-copyto")) return demux(in, 1, INT64_MAX);
    if (!strcmp(mode, "demux-copy")) return demux(in, 2, INT64_MAX);
    if (!strcmp(mode, "first")) return demux(in, 0, 1);
    if (!strcmp(mode, "remux-count")) return remux(in, format, 0);
    if (!strcmp(mode, "remux-memory")) return remux(in, format, 1);
    if (!strcmp(mode, "probe")) return probe(in, 1);
    if (!strcmp(mode, "headers")) return probe(in, 0);
    die(mode, 0);
    return (Result){0, 0};
}

static Input load(const char *path) {
    static Input in;
    if (!strcmp(path, loaded)) return in;
    FILE *file = fopen(path, "rb");
    if (!file) die(path, 0);
    fseeko(file, 0, SEEK_END);
    free((void *)in.bytes);
    in.size = ftello(file);
    uint8_t *bytes = malloc(in.size);
    rewind(file);
    if (fread(bytes, 1, in.size, file) != (size_t)in.size) die(path, 0);
    fclose(file);
    in.bytes = bytes;
    snprintf(loaded, sizeof loaded, "%s", path);
    in.path = loaded;
    return in;
}

static int64_t now(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

/* The processor's time of this program and of those that it ran. */
static int64_t processor(void) {
    struct rusage ended;
    getrusage(RUSAGE_CHILDREN, &ended);
    return now(CLOCK_PROCESS_CPUTIME_ID) +
           (ended.ru_utime.tv_sec + ended.ru_stime.tv_sec) * 1000000000LL +
           (ended.ru_utime.tv_usec + ended.ru_stime.tv_usec) * 1000LL;
}

/* Peak and present resident size, in KiB. */
static long status(const char *field) {
    char line[256];
    long value = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, field, strlen(field))) value = atol(line + strlen(field) + 1);
    if (file) fclose(file);
    return value;
}

int main(int argc, char **argv) {
    char line[4096], mode[32], path[4000], format[32];
    long repeat;
    av_log_set_level(AV_LOG_QUIET);
    if (argc > 3 && !strcmp(argv[1], "once")) {
        Input in = load(argv[3]);
        long before = status("VmRSS:");
        Result result = run(&in, argv[2], argc > 4 ? argv[4] : "");
        printf("%ld %lld\n", status("VmHWM:") - before, (long long)result.count);
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) {
        format[0] = 0;
        if (sscanf(line, "%31s %3999s %ld %31s", mode, path, &repeat, format) < 3) die(line, 0);
        Input in = load(path);
        Result result = {0, 0};
        int64_t wall = now(CLOCK_MONOTONIC), cpu = processor();
        for (long i = 0; i < repeat; i++) result = run(&in, mode, format);
        wall = now(CLOCK_MONOTONIC) - wall;
        cpu = processor() - cpu;
        printf("%.0f %.0f %lld %lld\n", (double)wall / repeat, (double)cpu / repeat,
               (long long)result.count, (long long)result.sum);
    }
    return 0;
}
