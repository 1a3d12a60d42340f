# SPDX-License-Identifier: Apache-2.0
"""Names that generated C and C++ cannot use, and the names it does use."""

from __future__ import annotations

from typing import Literal

Kind = Literal["buffer", "pool", "heap", "slab", "memheap"]


def _words(table: str) -> frozenset[str]:
    """The words of `table`; a # starts a comment."""
    return frozenset(w for line in table.splitlines() for w in line.partition("#")[0].split())


KEYWORDS = _words(
    """
    # C, up to C23
    alignas alignof auto bool break case char const constexpr continue default do double
    else enum extern false float for goto if inline int long nullptr register restrict
    return short signed sizeof static static_assert struct switch thread_local true
    typedef typeof typeof_unqual union unsigned void volatile while
    # C++
    and and_eq asm bitand bitor catch char8_t char16_t char32_t class co_await co_return
    co_yield compl concept consteval constinit const_cast decltype delete dynamic_cast
    explicit export friend mutable namespace new noexcept not not_eq operator or or_eq
    private protected public reinterpret_cast requires static_cast template this throw try
    typeid typename using virtual wchar_t xor xor_eq
    # macros of compilers and headers that stand for such words
    asm complex imaginary noreturn
    """
)

# Functions, objects and macros of the C library and of startup code. A generated symbol of the
# same name would replace or clash with it, often silently.
LIBRARY = _words(
    """
    abort abs accept access acos aligned_alloc alloca asctime asin assert atan atan2
    atexit atof atoi atol atoll bcmp bcopy bsearch bzero calloc ceil cfree clearerr clock
    close connect cos cosh ctime difftime div dup environ errno exit exp fabs fclose feof
    ferror fflush fgetc fgetpos fgets fileno floor fmax fmin fmod fopen fork fprintf fputc
    fputs fread free freopen frexp fscanf fseek fsetpos fstat ftell fwrite getc getchar
    getenv getpid gets gmtime htonl htons index isalnum isalpha isatty iscntrl isdigit
    isgraph islower isprint ispunct isspace isupper isxdigit kill labs ldexp ldiv link
    listen localeconv localtime log log10 log2 longjmp lseek main malloc
    malloc_usable_size mallinfo mallopt mblen mbstowcs mbtowc memalign memccpy memchr
    memcmp memcpy memmem memmove mempcpy memset mktime modf nanosleep ntohl ntohs offsetof
    open perror pipe posix_memalign pow printf putc putchar puts pvalloc qsort raise rand
    read realloc reallocarray recv remove rename rewind rindex rint round sbrk scanf
    select send setbuf setjmp setlocale setvbuf signal sin sinh sleep snprintf socket
    sprintf sqrt srand sscanf stat stderr stdin stdout stpcpy strcasecmp strcat strchr
    strcmp strcoll strcpy strcspn strdup strerror strftime strlen strncasecmp strncat
    strncmp strncpy strndup strnlen strpbrk strrchr strsep strspn strstr strtod strtof
    strtok strtol strtoll strtoul strtoull strxfrm system tan tanh time times tmpfile
    tmpnam tolower toupper trunc ungetc unlink usleep valloc va_arg va_copy va_end va_list
    va_start vfprintf vprintf vsnprintf vsprintf wait wcslen wcstombs wctomb write
    # types of stddef.h, stdint.h, stdbool.h
    int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t
    intmax_t uintmax_t size_t ssize_t ptrdiff_t max_align_t
    # macros
    NULL EOF I linux unix i386
    # linker scripts and startup code
    edata end etext Reset_Handler SystemInit SystemCoreClock
    """
)

# What symbols of the generated linker scripts have in their names, and nothing else may.
LINKER_WORDS = ("_placed_by_", "_adopted_by_", "_memory_ld", "_memory_check_ld")

# Types that need no header of the user's.
BUILT_IN_TYPES = _words(
    """
    bool char short int long float double int8_t int16_t int32_t int64_t uint8_t uint16_t
    uint32_t uint64_t intptr_t uintptr_t size_t
    """
)

# Parameters of generated functions: an object of the same name would be shadowed by them.
PARAMETERS = frozenset(("size", "block", "count", "alignment", "timeout"))

_ALLOCATOR = (
    *("_alloc", "_alloc_aligned", "_calloc", "_realloc", "_free"),
    *("_usable_size", "_stats", "_check", "_walk", "_cleanup", "_releaser"),
)

_FULL = ("_full", "_quarantine")  # with checks full

# External names first, then those of static objects in the generated source.
_SUFFIXES: dict[Kind, tuple[str, ...]] = {
    "buffer": ("", "_arena"),
    "pool": (
        *("_pool", "_alloc", "_alloc_wait", "_free", "_stats", "_check", "_walk"),
        *("_cleanup", "_releaser", "_arena", "_state", *_FULL),
    ),
    "heap": ("_heap", *_ALLOCATOR, "_arena", "_state", *_FULL),
    "slab": (
        *("_slab", *_ALLOCATOR, "_arena", "_state", "_pages", "_maps"),
        *("_zones", "_size_table", *_FULL, "_notes"),
    ),
    "memheap": ("_memheap", *_ALLOCATOR, "_members"),
}


def symbols(kind: Kind, name: str) -> tuple[str, ...]:
    """The names that generated code defines for the object `name`."""
    return tuple(name + suffix for suffix in _SUFFIXES[kind])


def layout_symbols(name: str) -> tuple[str, ...]:
    """The names that generated code defines for the layout itself."""
    return (f"{name}_layout", f"{name}_objects", f"{name}_name")
