/* SPDX-License-Identifier: Apache-2.0
 *
 * What newlib and picolibc want from below. There is no _sbrk and no sbrk: a firmware that wanted
 * one would not link.
 */
#include <stdio.h>

#include "libc.h"
#include "semihosting.h"

void *__dso_handle;

__attribute__((noreturn)) void _exit(int status);

void _exit(int status)
{
    stop((uint32_t)status);
}

#ifdef __PICOLIBC__

#include <picotls.h>

extern char __tls_size[];
static _Alignas(8) char thread_local_block[256];

void start_library(void)
{
    if ((uintptr_t)__tls_size > sizeof thread_local_block) {
        stop(2);
    }
    _set_tls(thread_local_block);
}

static int put(char character, FILE *file)
{
    (void)file;
    const char text[2] = {character, '\0'};
    print(text);
    return 0;
}

int getpid(void);
int kill(int process, int signal);

int getpid(void)
{
    return 1;
}

int kill(int process, int signal)
{
    (void)process;
    stop((uint32_t)signal);
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdin = &console;
FILE *const stdout = &console;
FILE *const stderr = &console;

#else

#include <errno.h>
#include <sys/stat.h>

int _close(int file);
int _fstat(int file, struct stat *status);
int _getpid(void);
int _isatty(int file);
int _kill(int process, int signal);
int _lseek(int file, int offset, int whence);
int _read(int file, char *bytes, int length);
int _write(int file, const char *bytes, int length);

void start_library(void)
{
}

int _write(int file, const char *bytes, int length)
{
    (void)file;
    for (int i = 0; i < length; i++) {
        const char text[2] = {bytes[i], '\0'};
        print(text);
    }
    return length;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    status->st_blksize = 0;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

int _close(int file)
{
    (void)file;
    return -1;
}

int _lseek(int file, int offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

int _read(int file, char *bytes, int length)
{
    (void)file;
    (void)bytes;
    (void)length;
    return 0;
}

int _getpid(void)
{
    return 1;
}

int _kill(int process, int signal)
{
    (void)process;
    stop((uint32_t)signal);
}

#endif
