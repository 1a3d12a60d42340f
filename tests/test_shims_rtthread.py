# SPDX-License-Identifier: Apache-2.0
"""RT-Thread's memory management as a shim: on the host, 64 and 32 bit, under sanitizers and with
threads; on an emulated Cortex-M3; with faults seeded into a copy of the runtime; what is linked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from emulate import build, qemu
from runtime_host import SANITIZED, THREADS, WIDTHS, mutant, run

FOLDER = Path(__file__).resolve().parent / "shims" / "rtthread"
EXAMPLE = build.ROOT / "examples" / "mps2"
CONFIG = FOLDER / "rtthread.ramwright.yaml"
TESTS = ("main.c", "check.c", "malloc.c", "heaps.c", "slabs.c", "pools.c", "misuse.c")
PASSED = "all as RT-Thread has it\n"
WARNINGS = ("-std=gnu11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")

# what is broken: (file, text, what it becomes); each must be noticed by the tests of calls
MUTANTS = {
    "count_of_free_blocks_not_kept": ("mempool.c", "count_free(mp, 1U);", ";"),
    "bad_free_counted": (
        "mempool.c",
        "!= RW_OK) {\n        count_free",
        "== RW_E_SIZE) {\n count_free",
    ),
    "inverse_short_of_bits": ("mempool.c", "bits < 8U * sizeof(uintptr_t)", "bits < 16U"),
    "links_not_cleared": (
        "mempool.c",
        "rw_bytes_clear(links_end - count, count",
        "rw_bytes_clear(links_end - count, 0U * count",
    ),
    "owner_not_compared": ("created.c", "< created->size", "< SIZE_MAX"),
    "owner_found_last_taken_for_the_next": (
        "created.c",
        "if (created == NULL || !lies_in(created, (uintptr_t)address)) {",
        "if (created == NULL) {",
    ),
    "owner_found_last_kept_when_it_ends": ("created.c", "        list->last = NULL;\n", ""),
    "owner_found_last_kept_when_another_comes": (
        "created.c",
        "    list->last = created; /*",
        "    /*",
    ),
    "owner_found_last_kept_though_it_holds_another": (
        "created.c",
        "if (!list->nested) {",
        "if (list != NULL) {",
    ),
    "owners_not_sorted": (
        "created.c",
        "while ((*place)->start > created->start)",
        "while (false)",
    ),
    "owner_left_behind_kept": (
        "created.c",
        "(*place)->start)) {\n            *place = (*place)->next;",
        "(*place)->start)) {\n            place = &(*place)->next;",
    ),
    "owner_at_the_same_place_kept": (
        "created.c",
        "if (holds == NULL || !holds(*place, created)) {",
        "if (false) {",
    ),
    "owner_at_the_same_place_kept_by_a_heap": (
        "created.c",
        "if (holds == NULL || !holds(*place, created)) {",
        "if (holds != NULL && !holds(*place, created)) {",
    ),
    "owner_around_another_taken_off": (
        "created.c",
        "if (holds == NULL || !holds(*place, created)) {",
        "if (true) {",
    ),
    "owner_whose_block_came_back_kept": ("mempool.c", "links[0] == INT16_MIN && ", ""),
    "owner_of_a_smaller_block_kept": (
        "mempool.c",
        " && mp->size <= of->block_size;",
        ";",
    ),
    "owner_taken_by_its_start_alone": (
        "created.c",
        "if (lies_in(created, address)) {\n            break;",
        "if (created->size > 0U) {\n            break;",
    ),
    "first_block_of_the_next": (
        "created.c",
        "address < created->start",
        "address <= created->start",
    ),
    "end_taken_for_an_object": ("created.h", "place->next == NULL ? NULL", "false ? NULL"),
    "name_not_cut": ("created.c", "length < sizeof object->name - 1U", "length < 64U"),
    "old_block_kept_by_realloc": (
        "created.c",
        "if (calls->free(block, object) == RW_OK) {",
        "if (block != NULL) {",
    ),
    "bins_not_cleared": ("created.c", "rw_bytes_clear(cut, size);", ""),
    "memheap_figures_not_kept": (
        "memheap.c",
        "heap->available_size = heap->heap",
        "size_t x = heap->heap",
    ),
    "zone_table_off_by_one": (
        "slab.c",
        "if ((at + 1U) << TABLE_SHIFT > block_size_of(zone)) {",
        "if ((at + 1U) << TABLE_SHIFT >= block_size_of(zone)) {",
    ),
    "smem_used_after_its_end": (
        "smem.c",
        "    m->parent.type = RT_Object_Class_Null;\n",
        "",
    ),
    "pool_used_after_its_end": ("mempool.c", "    make_bare(mp, &mp->state);\n", ""),
    "part_of_a_run_freed": ("slab.c", "run - bytes >=", "0 * bytes >="),
    "hook_told_before": ("malloc.c", "return malloc_hook == NULL", "return malloc_hook != NULL"),
}


def host_layout(directory: Path, checks: str) -> Path:
    """The source of the layout for the host."""
    text = CONFIG.read_text(encoding="utf-8").replace("cortex-m3", "host")
    text += f"checks: {checks}\n"
    file = directory / CONFIG.name
    file.write_text(re.sub(r", linker: \w+", "", text), encoding="utf-8")
    return build.generated(file, directory / "generated", "rtthread").source


def on_host(
    directory: Path,
    tests: Sequence[str],
    flags: Sequence[str],
    runtime: Path = build.RUNTIME,
    checks: str = "basic",
) -> Path:
    """The executable of `tests` with the shim and the whole runtime."""
    layout = host_layout(directory, checks)
    shim = runtime / "shims" / "rtthread"
    executable = directory / "tests"
    sources = [
        *(FOLDER / test for test in tests),
        *(layout, *sorted(shim.glob("*.c")), *sorted((runtime / "src").glob("*.c"))),
        *sorted((runtime / "src" / "ports").glob("posix*.c")),
    ]
    includes = (FOLDER, layout.parent, runtime / "include", runtime / "src", shim / "include")
    sections = ("-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-pthread")
    build.output_of(
        [
            *("gcc", *WARNINGS, *sections, *flags, *(f"-I{path}" for path in includes)),
            *("-o", executable, *sources),
        ]
    )
    return executable


@pytest.mark.parametrize("width", WIDTHS)
def test_calls_are_rtthreads(width: str, tmp_path: Path) -> None:
    done = run(on_host(tmp_path, (*TESTS, "on_host.c"), (width, *SANITIZED)))
    assert (done.returncode, done.stdout) == (0, PASSED), done.stdout + done.stderr


@pytest.mark.parametrize("width", WIDTHS)
def test_calls_are_rtthreads_with_checks_full(width: str, tmp_path: Path) -> None:
    tests = (*TESTS, "on_host.c")
    done = run(on_host(tmp_path, tests, (width, *SANITIZED), checks="full"))
    assert (done.returncode, done.stdout) == (0, PASSED), done.stdout + done.stderr


@pytest.mark.parametrize("flags", [THREADS, ("-m64", *SANITIZED), ("-m32", "-O2")])
def test_waiting_gives_each_block_one_owner(flags: tuple[str, ...], tmp_path: Path) -> None:
    done = run(on_host(tmp_path, ("waiting.c", "check.c"), flags))
    assert (done.returncode, done.stdout) == (0, PASSED), done.stdout + done.stderr


def noticed(directory: Path, runtime: Path) -> bool:
    """Whether the tests of calls say that `runtime` is broken, or do not come to their end."""
    flags = ("-m64", "-O1", "-Wno-unused")
    done = run(on_host(directory, (*TESTS, "on_host.c"), flags, runtime))
    return (done.returncode, done.stdout) != (0, PASSED)


def test_without_a_fault_none_is_noticed(tmp_path: Path) -> None:
    assert not noticed(tmp_path, build.RUNTIME)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_seeded_fault_is_noticed(name: str, tmp_path: Path) -> None:
    file, old, new = MUTANTS[name]
    assert noticed(tmp_path, mutant(tmp_path, f"shims/rtthread/{file}", old, new)), name


def test_a_waiter_that_nobody_dismisses_is_noticed(tmp_path: Path) -> None:
    old = "        waiter->block = &dismissal;\n"
    copy = mutant(tmp_path, "shims/rtthread/mempool.c", old, "        waiter->block = waiter;\n")
    done = run(on_host(tmp_path, ("waiting.c", "check.c"), SANITIZED, copy))
    assert done.returncode != 0


def test_a_dismissal_that_comes_back_to_a_pool_is_noticed(tmp_path: Path) -> None:
    old = "        waiter->give_back = forget_dismissal;\n"
    copy = mutant(tmp_path, "shims/rtthread/mempool.c", old, "")
    flags = (*SANITIZED, "-Wno-unused")
    done = run(on_host(tmp_path, ("waiting.c", "check.c"), flags, copy))
    assert done.returncode != 0


def declared(directory: Path, compiler: Sequence[str], runtime: Path = build.RUNTIME) -> None:
    """Compiles RT-Thread's prototypes behind those of the shim."""
    includes = (f"-I{runtime / 'include'}", f"-I{runtime / 'shims' / 'rtthread' / 'include'}")
    source = FOLDER / "prototypes.c"
    build.output_of(
        [*compiler, *WARNINGS, *includes, "-c", source, "-o", directory / "prototypes.o"]
    )


@pytest.mark.parametrize("compiler", [("gcc", "-m64"), ("gcc", "-m32"), ("clang",)])
def test_prototypes_and_fields_are_rtthreads(compiler: tuple[str, ...], tmp_path: Path) -> None:
    declared(tmp_path, compiler)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "void *rt_mp_alloc(rt_mp_t mp, rt_int32_t time)",
            "void *rt_mp_alloc(rt_mp_t mp, rt_tick_t time)",
        ),
        ("rt_err_t rt_mp_delete(rt_mp_t mp)", "void rt_mp_delete(rt_mp_t mp)"),
        ("rt_size_t available_size;", "rt_uint32_t available_size;"),
    ],
)
def test_another_prototype_is_noticed(old: str, new: str, tmp_path: Path) -> None:
    header = "shims/rtthread/include/ramwright/rtthread/memory.h"
    with pytest.raises(build.BuildError):
        declared(tmp_path, ("gcc", "-m64"), mutant(tmp_path, header, old, new))


def test_an_errno_that_a_wait_leaves_behind_is_noticed(tmp_path: Path) -> None:
    old = "rt_set_errno(block == NULL ? -RT_ETIMEOUT : RT_EOK);"
    copy = mutant(tmp_path, "shims/rtthread/mempool.c", old, "rt_set_errno(-RT_ETIMEOUT);")
    done = run(on_host(tmp_path, ("waiting.c", "check.c"), SANITIZED, copy))
    assert done.returncode != 0


def firmware(directory: Path, sources: Sequence[Path], *flags: str) -> Path:
    """The ELF of a firmware for the MPS2 board, with its link map beside it."""
    layout = build.generated(CONFIG, directory / "generated", "rtthread")
    maker = build.Build("cortex-m3", directory, flags)
    shim = build.RUNTIME / "shims" / "rtthread"
    includes = (layout.directory, EXAMPLE, FOLDER, shim / "include")
    objects = [
        maker.compiled(source, includes=includes, name=f"{number}-{source.stem}")
        for number, source in enumerate(
            (*sources, layout.source, EXAMPLE / "startup.c", *sorted(shim.glob("*.c")))
        )
    ]
    link_map = f"-Wl,-Map={directory / 'link.map'}"
    scripts = layout.scripts(FOLDER / "board.ld")
    return maker.linked("firmware", [*objects, maker.runtime()], scripts, link_map)


def test_calls_are_rtthreads_on_a_cortex_m3(tmp_path: Path) -> None:
    sources = [FOLDER / test for test in (*TESTS, "on_mps2.c")]
    elf = firmware(tmp_path, [*sources, EXAMPLE / "semihosting.c"])
    done = qemu.run(qemu.BOARDS["mps2-an385"], build.raw_image(elf), timeout=100)
    assert (done.status, done.output) == (0, PASSED)


def linked(directory: Path, *flags: str) -> str:
    """What is linked of the least firmware: the link map from where it lists that."""
    firmware(directory, [FOLDER / "least.c"], *flags)
    text = (directory / "link.map").read_text(encoding="utf-8")
    return text[text.index("Linker script and memory map") :]


def functions(text: str) -> set[str]:
    """The functions and data whose sections have an address."""
    return set(
        re.findall(r"^ \.(?:text|rodata|bss|data)\.(\w+)\s+0x0*[1-9a-f]", text, re.MULTILINE)
    )


def test_a_thread_deleted_while_it_waits_is_noticed_by_the_port(tmp_path: Path) -> None:
    """On a Cortex-M3, with the port of RT-Thread and what it calls of the kernel in the test."""
    done = threads_that_end(tmp_path)
    assert (done.status, done.output) == (0, "deleted threads are off every list\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        rw_waiter_abandon(event->waiter);", "        "),
        ("        event->thread->cleanup = event->cleanup;", "        "),
        ("        thread->cleanup(thread);", "        "),
        ("event != RT_NULL && event->thread != thread", "event == RT_NULL"),
        ("    *event->link = event->next;\n", ""),
        ("    if (!event->set) {", "    if (event != NULL) {"),
        ("    event->set = true;\n", ""),
        ("        (void)rt_thread_resume(event->thread);\n", ""),
        ("if (rw_rt_thread_sleeps(event)) {", "if (event != NULL) {"),
        ("    rt_list_insert_before(&event->asleep, &event->thread->tlist);\n", ""),
        (
            "    rw_port_unlock_interrupt(state);\n    rt_schedule();\n",
            "    rw_port_unlock_interrupt(state);\n",
        ),
        ("ticks < RW_RT_THREAD_TICKS_MAX ? ticks : RW_RT_THREAD_TICKS_MAX", "ticks"),
        ("if (ticks != RW_FOREVER) {", "if (event != NULL) {"),
        ("(void)rt_timer_start(timer);", "(void)timer;"),
        ("rt_interrupt_get_nest() == 0 && ", ""),
        ("rw_machine_can_switch() && ", ""),
        (" &&\n           rt_critical_level() == 0", ""),
        (
            "    return -(int32_t)rt_thread_self()->current_priority",
            "    return (int32_t)rt_thread_self()->current_priority",
        ),
    ],
)
def test_a_fault_in_the_port_is_noticed(old: str, new: str, tmp_path: Path) -> None:
    runtime = mutant(tmp_path, "include/ramwright/ports/rt_thread.h", old, new)
    assert threads_that_end(tmp_path, runtime, seconds=15).status != 0  # it may hang


def threads_that_end(
    directory: Path, runtime: Path = build.RUNTIME, seconds: float = 60
) -> qemu.Run:
    """The run of thread_ends.c with the runtime in `runtime`, which `seconds` are given to end."""
    layout = build.generated(CONFIG, directory / "generated", "rtthread")
    flags = (f"-I{runtime / 'include'}", f"-I{runtime / 'src'}", *KERNEL)
    maker = build.Build("cortex-m3", directory, (*flags, "-Wno-unused"))
    sources = [FOLDER / "thread_ends.c", EXAMPLE / "semihosting.c", EXAMPLE / "startup.c"]
    sources += [layout.source, runtime / "src" / "fault.c", runtime / "src" / "waiter.c"]
    objects = [
        maker.compiled(source, includes=(layout.directory, EXAMPLE), name=f"{number}-{source.stem}")
        for number, source in enumerate(sources)
    ]
    elf = maker.linked("thread_ends", objects, layout.scripts(FOLDER / "board.ld"))
    return qemu.run(qemu.BOARDS["mps2-an385"], build.raw_image(elf), seconds)


def test_making_objects_at_run_time_is_linked_only_when_used(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("none", "pool", "memheap")}
    for folder in folders.values():
        folder.mkdir()
    none = functions(linked(folders["none"]))
    pool = functions(linked(folders["pool"], "-DUSE_POOL"))
    memheap = functions(linked(folders["memheap"], "-DUSE_MEMHEAP"))
    created = {"rw_created_add", "rw_created_owner"}
    assert "rt_malloc" in none
    assert not [name for name in none if name.startswith(("rw_created", "rt_mp", "rt_memheap"))]
    assert not none & {"rw_heap_alloc_basic_interrupt_32", "rw_pool_alloc_basic_shared_16"}
    assert created | {"rt_mp_alloc", "rw_pool_alloc_basic_shared_16"} <= pool
    assert not pool & {"rt_memheap_alloc", "rw_heap_alloc_basic_interrupt_32"}
    assert created | {"rt_memheap_alloc", "rw_heap_alloc_basic_interrupt_32"} <= memheap
    assert not memheap & {"rt_mp_alloc", "rw_pool_alloc_basic_shared_16"}


KERNEL = ("-DRW_PORT_HEADER=<ramwright/ports/rt_thread.h>", f"-I{FOLDER / 'kernel'}")


def under_kernel(directory: Path, compiler: Sequence[str], *flags: str) -> None:
    """Compiles shim and waiting against declarations of the kernel."""
    shim = build.RUNTIME / "shims" / "rtthread"
    sources = [*shim.glob("*.c"), *(build.RUNTIME / "src" / f for f in ("waiter.c", "pool_wait.c"))]
    includes = (f"-I{build.RUNTIME / 'include'}", f"-I{shim / 'include'}")
    for source in sources:
        obj = directory / f"{source.stem}.o"
        command = (*compiler, *WARNINGS, "-ffreestanding", *includes, *KERNEL, *flags)
        build.output_of([*command, "-c", source, "-o", obj])


GCC = ("arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb")


@pytest.mark.parametrize(
    "compiler",
    [
        GCC,
        ("clang", "-mcpu=cortex-m0plus", "--target=arm-none-eabi"),
    ],
    ids=["gcc", "clang"],
)
def test_it_compiles_behind_the_kernels_own_header(
    compiler: tuple[str, ...], tmp_path: Path
) -> None:
    assert shutil.which(compiler[0])
    under_kernel(tmp_path, compiler)
    under_kernel(tmp_path, compiler, "-DWITH_HOOKS")


def test_hooks_are_of_the_kernels_type(tmp_path: Path) -> None:
    """Before 5.1 they get the block itself."""
    under_kernel(tmp_path, GCC, "-DWITH_HOOKS", "-DOLD_KERNEL")
    with pytest.raises(build.BuildError, match="conflicting types for 'rt_malloc_sethook'"):
        under_kernel(tmp_path, GCC, "-DWITH_HOOKS", "-DOLD_KERNEL", "-DRTTHREAD_VERSION=50300")


def test_without_hooks_a_call_is_a_jump(tmp_path: Path) -> None:
    text = linked(tmp_path, "-DRW_WITHOUT_HOOKS")
    sizes = re.findall(r"^ \.text\.rt_(?:malloc|free)\s+0x\w+\s+0x(\w+) ", text, re.MULTILINE)
    assert sizes and {int(size, 16) for size in sizes} == {4}
    assert "hook" not in "".join(functions(text))


def test_a_kernel_that_keeps_its_own_pools_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(build.BuildError, match="none of RT_USING_MEMPOOL"):
        under_kernel(tmp_path, GCC, "-DWITH_MEMPOOL")
