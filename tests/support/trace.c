/* Loaded before a process of the product (LD_PRELOAD): writes down, in the order in which they happen, what is written to
 * SQLite's log, when the log is made durable, and what is sent to clients. The file that TRACE names gets one record for
 * each: a letter, the length of the text (four bytes), the text. `trace.rs` reads it; both know this layout. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int trace = -1;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void open_trace(void) {
    const char *path = getenv("TRACE");
    if (path) trace = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void record(char what, const void *text, uint32_t length) {
    char head[5] = {what};
    memcpy(head + 1, &length, sizeof length);
    struct iovec parts[] = {{head, sizeof head}, {(void *)text, length}};
    pthread_mutex_lock(&order);
    syscall(SYS_writev, trace, parts, 2);
    pthread_mutex_unlock(&order);
}

static int is_log(int fd) {
    char name[64], path[4096];
    if (trace < 0) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path);
    return length > 4 && !memcmp(path + length - 4, "-wal", 4);
}

#define REAL(type, function, arguments)                                                 \
    static type (*real)arguments;                                                       \
    if (!real) real = (type (*)arguments)dlsym(RTLD_NEXT, #function)

/* A write counts when it was done. */
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
    REAL(ssize_t, pwrite64, (int, const void *, size_t, off64_t));
    ssize_t done = real(fd, data, length, at);
    if (done > 0 && is_log(fd)) record('w', data, done);
    return done;
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return pwrite64(fd, data, length, at); }

/* A sync covers what was written before it began, and is worth something once it is over. */
static int synced(int fd, int (*real)(int)) {
    int log = is_log(fd);
    if (log) record('b', "", 0);
    int failed = real(fd);
    if (log && !failed) record('e', "", 0);
    return failed;
}
int fsync(int fd) {
    REAL(int, fsync, (int));
    return synced(fd, real);
}
int fdatasync(int fd) {
    REAL(int, fdatasync, (int));
    return synced(fd, real);
}

/* An answer counts before it leaves. */
ssize_t send(int fd, const void *data, size_t length, int flags) {
    REAL(ssize_t, send, (int, const void *, size_t, int));
    if (trace >= 0) record('a', data, length);
    return real(fd, data, length, flags);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(ssize_t, writev, (int, const struct iovec *, int));
    if (trace >= 0 && count > 0) record('a', parts->iov_base, parts->iov_len);
    return real(fd, parts, count);
}
