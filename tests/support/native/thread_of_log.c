/* A log callback that passes a line on only on the thread that set it, and counts the others. */
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

typedef void (*log_callback)(void *context, int level, const char *format, va_list list);

static log_callback target;
static pthread_t owner;
static int foreign;

static void on_line(void *context, int level, const char *format, va_list list) {
    if (pthread_equal(owner, pthread_self())) {
        target(context, level, format, list);
        return;
    }
    if (__atomic_fetch_add(&foreign, 1, __ATOMIC_RELAXED) < 5)
        fprintf(stderr, "a foreign thread logs: %s", format);
}

/* The callback for av_log_set_callback in place of `callback`, whose thread this is. */
void *wrap(void *callback) {
    if (callback == NULL) return NULL;
    owner = pthread_self();
    target = (log_callback) callback;
    return (void *) on_line;
}

int foreign_lines(void) { return __atomic_load_n(&foreign, __ATOMIC_RELAXED); }
