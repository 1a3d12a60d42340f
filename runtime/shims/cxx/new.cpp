// SPDX-License-Identifier: Apache-2.0
//
// operator new and delete in all their forms, on the layout's default object.
//
// The forms that throw ask the new-handler while there is no room, as the standard has it, and end
// with std::bad_alloc; compiled without exceptions, with abort(), as libstdc++'s own do. The
// nothrow forms answer nullptr. A request of 0 bytes is served. The core locks; a delete that finds
// a fault changes nothing and calls rw_on_fault.
#include <cstddef>
#include <cstdlib>
#include <new>

#include "ramwright/default.h"

namespace
{

constexpr std::size_t core_alignment = 8;

#ifdef __STDCPP_DEFAULT_NEW_ALIGNMENT__
constexpr std::size_t default_alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
#else
constexpr std::size_t default_alignment = alignof(std::max_align_t);
#endif

void *try_once(std::size_t size, std::size_t alignment)
{
    return alignment <= core_alignment ? rw_default_alloc(size)
                                       : rw_default_alloc_aligned(alignment, size);
}

// nullptr iff there is no room and no handler left that could make some. May throw what a handler
// throws.
void *take(std::size_t size, std::size_t alignment)
{
    const std::size_t wanted = size == 0 ? 1 : size;
    for (;;) {
        void *block = try_once(wanted, alignment);
        if (block != nullptr) {
            return block;
        }
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) {
            return nullptr;
        }
        handler();
    }
}

void *take_or_throw(std::size_t size, std::size_t alignment)
{
    void *block = take(size, alignment);
    if (block == nullptr) {
#ifdef __cpp_exceptions
        throw std::bad_alloc();
#else
        std::abort();
#endif
    }
    return block;
}

void *take_or_null(std::size_t size, std::size_t alignment) noexcept
{
#ifdef __cpp_exceptions
    try {
        return take(size, alignment);
    } catch (...) {
        return nullptr;
    }
#else
    return take(size, alignment);
#endif
}

} // namespace

void *operator new(std::size_t size)
{
    return take_or_throw(size, default_alignment);
}

void *operator new[](std::size_t size)
{
    return take_or_throw(size, default_alignment);
}

void *operator new(std::size_t size, const std::nothrow_t &) noexcept
{
    return take_or_null(size, default_alignment);
}

void *operator new[](std::size_t size, const std::nothrow_t &) noexcept
{
    return take_or_null(size, default_alignment);
}

void operator delete(void *block) noexcept
{
    (void)rw_default_free(block);
}

void operator delete[](void *block) noexcept
{
    (void)rw_default_free(block);
}

void operator delete(void *block, const std::nothrow_t &) noexcept
{
    (void)rw_default_free(block);
}

void operator delete[](void *block, const std::nothrow_t &) noexcept
{
    (void)rw_default_free(block);
}

// Declared here too: a compiler asked for C++11 declares no sized form, but other units may use it.
void operator delete(void *block, std::size_t size) noexcept;
void operator delete[](void *block, std::size_t size) noexcept;

void operator delete(void *block, std::size_t) noexcept
{
    (void)rw_default_free(block);
}

void operator delete[](void *block, std::size_t) noexcept
{
    (void)rw_default_free(block);
}

#ifdef __cpp_aligned_new

void *operator new(std::size_t size, std::align_val_t alignment)
{
    return take_or_throw(size, static_cast<std::size_t>(alignment));
}

void *operator new[](std::size_t size, std::align_val_t alignment)
{
    return take_or_throw(size, static_cast<std::size_t>(alignment));
}

void *operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return take_or_null(size, static_cast<std::size_t>(alignment));
}

void *operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return take_or_null(size, static_cast<std::size_t>(alignment));
}

void operator delete(void *block, std::align_val_t) noexcept
{
    (void)rw_default_free(block);
}

void operator delete[](void *block, std::align_val_t) noexcept
{
    (void)rw_default_free(block);
}

void operator delete(void *block, std::align_val_t, const std::nothrow_t &) noexcept
{
    (void)rw_default_free(block);
}

void operator delete[](void *block, std::align_val_t, const std::nothrow_t &) noexcept
{
    (void)rw_default_free(block);
}

void operator delete(void *block, std::size_t, std::align_val_t) noexcept
{
    (void)rw_default_free(block);
}

void operator delete[](void *block, std::size_t, std::align_val_t) noexcept
{
    (void)rw_default_free(block);
}

#endif
