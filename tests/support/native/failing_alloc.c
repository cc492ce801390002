/* Preloaded into a test: the n-th allocation made by FFmpeg's libraries fails, once or for ever. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static __thread long countdown = -1;
static __thread int for_ever;
static __thread int inside;
static __thread long seen;

/* n: how many succeed before; negative switches it off. Returns the allocations seen since. */
long fail_after(long n, int always) {
    long before = seen;
    countdown = n;
    for_ever = always;
    seen = 0;
    return before;
}

/* Where a call came from, and whether that is FFmpeg: dladdr is slow, and a runtime allocates. */
#define CALLERS 4096
static __thread struct { void *caller; int known; } callers[CALLERS];

static int ours(void *caller) {
    Dl_info info;
    size_t slot = ((size_t) caller >> 2) % CALLERS;
    int known = 0;
    if (callers[slot].caller == caller) return callers[slot].known;
    inside = 1;
    if (dladdr(caller, &info) && info.dli_fname) {
        const char *name = strrchr(info.dli_fname, '/');
        name = name ? name + 1 : info.dli_fname;
        known = !strncmp(name, "libav", 5);
    }
    inside = 0;
    callers[slot].caller = caller;
    callers[slot].known = known;
    return known;
}

static int fails(void *caller) {
    if (countdown < 0 || inside || !ours(caller)) return 0;
    seen++;
    if (countdown > 0) {
        countdown--;
        return 0;
    }
    if (!for_ever) countdown = -1;
    errno = ENOMEM;
    return 1;
}

#define NEXT(type, name, ...) \
    static type (*next)(__VA_ARGS__); \
    if (!next) next = (type (*)(__VA_ARGS__)) dlsym(RTLD_NEXT, name)

int posix_memalign(void **out, size_t alignment, size_t size) {
    NEXT(int, "posix_memalign", void **, size_t, size_t);
    return fails(__builtin_return_address(0)) ? ENOMEM : next(out, alignment, size);
}

void *realloc(void *old, size_t size) {
    NEXT(void *, "realloc", void *, size_t);
    return fails(__builtin_return_address(0)) ? NULL : next(old, size);
}

void *malloc(size_t size) {
    NEXT(void *, "malloc", size_t);
    return fails(__builtin_return_address(0)) ? NULL : next(size);
}
