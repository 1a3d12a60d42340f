// SPDX-License-Identifier: Apache-2.0
//
// Blocks that belong to a scope or a class, in C++11 and later: std::unique_ptr whose deleter gives
// the block back to its pool, heap, slab or memheap. As large as the pointer.
//
//     rw::owned<can_rx_releaser> frame(can_rx_alloc());
//     if (frame == nullptr) { return false; }
//     queue.post(frame.release());
//
//     rw::owned<main_releaser, char> text(static_cast<char *>(main_alloc(100)));
//
// A block is raw memory: nothing is constructed in it, and nothing destroyed.
#ifndef RAMWRIGHT_OWNED_HPP
#define RAMWRIGHT_OWNED_HPP

#include <memory>
#include <type_traits>

namespace rw
{

template <typename T> struct block_content {
    static_assert(std::is_void<T>::value || std::is_trivially_destructible<T>::value,
                  "rw::owned gives the block back without a destructor call");
    typedef T type;
};

// Releaser is the generated <name>_releaser; T what the block holds, for a pool with a `type` that
// type, else void.
template <typename Releaser, typename T = typename Releaser::element_type>
using owned = std::unique_ptr<typename block_content<T>::type, Releaser>;

} // namespace rw

#endif
