/* Loaded before a process of the product (LD_PRELOAD): kills it, or fails a call, at the nth write, sync or read of a file.
 * What to do is read from the file that FAULT_CONTROL names, which `faults.rs` writes; both know its layout. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, READ = 3 };

struct control {
    _Atomic int armed;
    int call;              /* WRITE, SYNC or READ */
    _Atomic int countdown; /* the call that brings this to 0 is meant */
    int after;             /* 1: kill when the call has returned */
    int error;             /* fail with this errno; 0: kill */
    int lasting;           /* 1: every call from then on */
    _Atomic int hits;
    char file[100];        /* a part of the file's path */
};

static struct control *control;

__attribute__((constructor)) static void map_control(void) {
    const char *path = getenv("FAULT_CONTROL");
    int fd = path ? open(path, O_RDWR) : -1;
    if (fd < 0) return;
    void *map = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED) control = map;
}

static int meant(int call, int fd) {
    char name[64], path[4096];
    if (!control || !control->armed || control->call != call) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (!strstr(path, control->file)) return 0;
    int left = atomic_fetch_sub(&control->countdown, 1);
    if (left > 1 || (left < 1 && !control->lasting)) return 0;
    atomic_fetch_add(&control->hits, 1);
    return 1;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

#define AROUND(call, fd, type, function, arguments, ...)                                \
    static type (*real)arguments;                                                       \
    if (!real) real = (type (*)arguments)dlsym(RTLD_NEXT, #function);                   \
    int now = meant(call, fd);                                                          \
    if (now && !control->after) {                                                       \
        if (!control->error) die();                                                     \
        errno = control->error;                                                         \
        return -1;                                                                      \
    }                                                                                   \
    type result = real(__VA_ARGS__);                                                    \
    if (now) die();                                                                     \
    return result;

ssize_t write(int fd, const void *data, size_t length) {
    AROUND(WRITE, fd, ssize_t, write, (int, const void *, size_t), fd, data, length)
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
    AROUND(WRITE, fd, ssize_t, pwrite, (int, const void *, size_t, off_t), fd, data, length, at)
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
    AROUND(WRITE, fd, ssize_t, pwrite64, (int, const void *, size_t, off64_t), fd, data, length, at)
}
int fsync(int fd) { AROUND(SYNC, fd, int, fsync, (int), fd) }
int fdatasync(int fd) { AROUND(SYNC, fd, int, fdatasync, (int), fd) }
ssize_t read(int fd, void *data, size_t length) {
    AROUND(READ, fd, ssize_t, read, (int, void *, size_t), fd, data, length)
}
ssize_t pread(int fd, void *data, size_t length, off_t at) {
    AROUND(READ, fd, ssize_t, pread, (int, void *, size_t, off_t), fd, data, length, at)
}
ssize_t pread64(int fd, void *data, size_t length, off64_t at) {
    AROUND(READ, fd, ssize_t, pread64, (int, void *, size_t, off64_t), fd, data, length, at)
}
