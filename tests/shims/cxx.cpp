// SPDX-License-Identifier: Apache-2.0
//
// C++ on the default object: containers, every form of operator new and delete, the new-handler.
#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

#include "check.h"
#include "libc.h"
#include "shims_memory.h"

namespace
{

bool ours(const void *block)
{
    return rw_layout_owner(&shims_layout, block) != nullptr;
}

template <typename T> bool aligned_to(const T *block, std::size_t alignment)
{
    return reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

void check_containers()
{
    const std::size_t before = bytes_used();
    {
        std::vector<int> numbers;
        for (int i = 0; i < 500; i++) {
            numbers.push_back((i * 37) % 500);
        }
        std::sort(numbers.begin(), numbers.end());
        CHECK(ours(numbers.data()) && numbers[499] == 499);
        std::map<std::string, int> ages;
        ages["a name that is too long for the small-string buffer"] = 1;
        ages["another name that is too long for the small-string buffer"] = 2;
        CHECK(ages.size() == 2 && ours(&ages.begin()->first));
        std::unordered_map<int, std::string> names;
        for (int i = 0; i < 50; i++) {
            names.emplace(i, std::string(40, 'x'));
        }
        CHECK(names.at(49).size() == 40);
        std::list<std::shared_ptr<int>> list{std::make_shared<int>(4), std::make_shared<int>(5)};
        CHECK(*list.back() == 5 && ours(list.back().get()));
        CHECK(bytes_used() > before);
    }
    CHECK(bytes_used() == before);
}

struct alignas(64) Line {
    unsigned char bytes[64];
};

// The calls of operators by name keep the compiler from leaving a pair of new and delete out.
void check_forms()
{
    const std::size_t before = bytes_used();
    void *empty = ::operator new(0);
    CHECK(ours(empty));
    ::operator delete(empty);
    void *array = ::operator new[](100);
    CHECK(ours(array) && aligned_to(array, __STDCPP_DEFAULT_NEW_ALIGNMENT__));
    ::operator delete[](array);
    void *sized = ::operator new(100);
    ::operator delete (sized, std::size_t{100});
    void *sized_array = ::operator new[](100);
    ::operator delete[](sized_array, std::size_t{100});
    void *silent = ::operator new(10, std::nothrow);
    CHECK(ours(silent));
    ::operator delete(silent, std::nothrow);
    void *silent_array = ::operator new[](10, std::nothrow);
    CHECK(ours(silent_array));
    ::operator delete[](silent_array, std::nothrow);
    const std::align_val_t line{64};
    void *aligned = ::operator new(10, line);
    CHECK(ours(aligned) && aligned_to(aligned, 64));
    ::operator delete(aligned, line);
    void *aligned_array = ::operator new[](10, line);
    CHECK(ours(aligned_array) && aligned_to(aligned_array, 64));
    ::operator delete[](aligned_array, line);
    void *aligned_silent = ::operator new(10, line, std::nothrow);
    CHECK(ours(aligned_silent) && aligned_to(aligned_silent, 64));
    ::operator delete(aligned_silent, line, std::nothrow);
    void *silent_aligned_array = ::operator new[](10, line, std::nothrow);
    CHECK(ours(silent_aligned_array) && aligned_to(silent_aligned_array, 64));
    ::operator delete[](silent_aligned_array, line, std::nothrow);
    void *sized_aligned = ::operator new(10, line);
    ::operator delete (sized_aligned, std::size_t{10}, line);
    void *sized_aligned_array = ::operator new[](10, line);
    ::operator delete[](sized_aligned_array, std::size_t{10}, line);
    const std::unique_ptr<Line[]> lines(new Line[3]);
    CHECK(ours(lines.get()) && aligned_to(lines.get(), 64));
    const std::unique_ptr<Line> one(new Line);
    CHECK(aligned_to(one.get(), 64));
    CHECK(last_fault() == RW_OK);
    CHECK(bytes_used() > before);
}

void *hoard;
unsigned handler_calls;

// Makes room the first time, then gives up.
void make_room()
{
    handler_calls++;
    ::operator delete(hoard);
    hoard = nullptr;
    std::set_new_handler(nullptr);
}

void check_handler()
{
    const std::size_t before = bytes_used();
    hoard = ::operator new(60000);
    CHECK(::operator new(60000, std::nothrow) == nullptr);
    std::set_new_handler(make_room);
    void *second = ::operator new(60000);
    CHECK(ours(second) && handler_calls == 1 && hoard == nullptr);
    ::operator delete(second);
    CHECK(bytes_used() == before);
}

void check_refusals()
{
    volatile std::size_t huge = SIZE_MAX - 6; // 0xfffffff9
    CHECK(::operator new(huge, std::nothrow) == nullptr);
    CHECK(::operator new[](huge, std::nothrow) == nullptr);
    CHECK(::operator new (huge, std::align_val_t{64}, std::nothrow) == nullptr);
#ifdef __cpp_exceptions
    bool caught = false;
    try {
        ::operator delete(::operator new(huge));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);
    std::set_new_handler([] { throw std::bad_alloc(); });
    CHECK(::operator new(huge, std::nothrow) == nullptr);
    std::set_new_handler(nullptr);
#endif
    (void)last_fault();
    void *block = ::operator new(24);
    ::operator delete(opaque(block));
    ::operator delete(opaque(block));
    CHECK(last_fault() == RW_E_DOUBLE_FREE);
    void *first = ::operator new(24);
    void *second = ::operator new(24);
    CHECK(ours(first) && ours(second) && first != second);
    ::operator delete(opaque(static_cast<char *>(second) + 1));
    CHECK(last_fault() == RW_E_MISALIGNED);
    ::operator delete(opaque(second));
    ::operator delete(opaque(second));
    CHECK(last_fault() == RW_E_DOUBLE_FREE);
    ::operator delete(first);
    char local = 0;
    ::operator delete(opaque(&local));
    CHECK(last_fault() == RW_E_FOREIGN);
    CHECK(rw_layout_check(&shims_layout) == RW_OK);
}

void *from_interrupt;

// Larger than the first heap: the request spills into the second.
void check_interrupt()
{
    in_interrupt([] { from_interrupt = ::operator new(4000, std::nothrow); });
    CHECK(rw_layout_owner(&shims_layout, from_interrupt) == &main_heap.object);
    ::operator delete(from_interrupt);
    CHECK(last_fault() == RW_OK);
}

} // namespace

void check_cxx()
{
    check_containers();
    check_forms();
    check_handler();
    check_refusals();
    check_interrupt();
}
