/* SPDX-License-Identifier: Apache-2.0
 *
 * What the compiler can check about an allocator's calls. With gcc 11 and later RW_RELEASED_BY
 * names the one function that takes a block back, so that -fanalyzer and -Wmismatched-dealloc
 * report leaks, double frees, use after free and frees into the wrong object at build time.
 * Compilers without an attribute ignore it. The names have underscores because a firmware may make
 * a macro of malloc.
 *
 * And what it can do: RW_OWNED_BY ties a block to the scope of the variable that points to it.
 *
 *     struct can_frame *frame RW_OWNED_BY(can_rx) = can_rx_alloc();
 *     if (frame == NULL) { return false; }
 *     if (!receive(frame)) { return false; }   // the block goes back to can_rx here
 *     return post(RW_TAKE(frame));             // here it does not: post owns it now
 *
 * The variable may hold NULL and may be given another block. Where the variable's type is not the
 * pool's, or the block is another object's, the compiler warns. A compiler that knows no cleanup
 * attribute refuses RW_OWNED_BY. In C++ use rw::owned of ramwright/owned.hpp.
 */
#ifndef RAMWRIGHT_ATTRIBUTES_H
#define RAMWRIGHT_ATTRIBUTES_H

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#define RW_RELEASED_BY(function) __attribute__((__malloc__(function, 1)))
#else
#define RW_RELEASED_BY(function)
#endif

#if defined(__GNUC__)
#define RW_SIZED_BY(arguments) __attribute__((__alloc_size__ arguments))
#define RW_RETURNS_ALIGNED(bytes) __attribute__((__assume_aligned__(bytes)))
#define RW_USE_RESULT __attribute__((__warn_unused_result__))
#define RW_NONNULL(arguments) __attribute__((__nonnull__ arguments))
#else
#define RW_SIZED_BY(arguments)
#define RW_RETURNS_ALIGNED(bytes)
#define RW_USE_RESULT
#define RW_NONNULL(arguments)
#endif

/* A function that is assembly from its first instruction to its last: nothing that a compiler adds
 * to every function for profiling or protection may get in between. */
#if defined(__has_attribute)
#if __has_attribute(no_stack_protector)
#define RW_UNPROTECTED __attribute__((no_stack_protector)) /* gcc 11 */
#endif
#endif
#if !defined(RW_UNPROTECTED)
#define RW_UNPROTECTED
#endif
#define RW_NAKED                                                                                   \
    __attribute__((naked, no_instrument_function, no_profile_instrument_function)) RW_UNPROTECTED

#if defined(__GNUC__) && !defined(__cplusplus)
/* After the name of a pointer: when its scope ends, what it then points to goes back to the object,
 * a pool, heap, slab or memheap of the layout. */
#define RW_OWNED_BY(object) __attribute__((__cleanup__(object##_cleanup)))

/* The value of a pointer, which is NULL from then on: its scope does not own the block any more. */
#define RW_TAKE(pointer)                                                                           \
    __extension__({                                                                                \
        __typeof__(pointer) rw_taken = (pointer);                                                  \
        (pointer) = NULL;                                                                          \
        rw_taken;                                                                                  \
    })

/* A pointer of any type, read through its address. */
typedef void *__attribute__((__may_alias__)) rw_any_pointer_t;
#endif

#endif
