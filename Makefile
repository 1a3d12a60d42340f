# SPDX-License-Identifier: Apache-2.0
#
# `make help` lists the targets; each installs what it needs, see .ci/setup.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

BIN := .venv/bin
DEMO := build/demo
LAYOUT := examples/mps2/memory.ramwright.yaml
# Generated C is as the templates have it.
C_FILES = $(shell find runtime examples tests bench \( -name '*.[ch]' -o -name '*.[ch]pp' \) -not -path 'tests/golden/*')
PYTHON_FILES := bench generator tests
C_FLAGS := -std=c11 -Wall -Wextra -Wconversion -Wshadow -Iruntime/include -Iruntime/shims/rtthread/include

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: demo
demo: $(DEMO)/demo.bin ## generate, compile, boot on QEMU, show the map and the usage, verify the ELF
	$(BIN)/ramwright map $(LAYOUT)
	$(BIN)/python tests/emulate/qemu.py mps2-an385 $<
	$(BIN)/ramwright map $(LAYOUT) --elf $(DEMO)/demo.elf
	$(BIN)/ramwright verify $(LAYOUT) $(DEMO)/demo.elf

# CMake knows what is out of date.
.PHONY: $(DEMO)/demo.bin
$(DEMO)/demo.bin: $(DEMO)/CMakeCache.txt
	cmake --build $(DEMO) -- --no-print-directory

$(DEMO)/CMakeCache.txt: .venv/demo.stamp
	cmake -S examples/mps2 -B $(DEMO) -G "Unix Makefiles" \
		-DCMAKE_TOOLCHAIN_FILE=toolchain.cmake \
		-DCMAKE_PREFIX_PATH="$$($(BIN)/ramwright paths --cmake)" \
		-DRamwright_EXECUTABLE="$$PWD/$(BIN)/ramwright"

.PHONY: test
test: lint ## everything that is checked before a change is accepted
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not long"

.PHONY: test-long
test-long: lint ## the same, and the tests that take minutes each
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

.PHONY: bench
bench: .venv/test.stamp ## measure the runtime on emulated cores; writes bench/results.md
	$(BIN)/python -m bench

.PHONY: size
size: $(DEMO)/demo.bin ## bytes of flash of each function of the runtime that the demo links
	arm-none-eabi-nm --print-size --size-sort --radix=d $(DEMO)/demo.elf | \
		awk '$$3 ~ /[tT]/ && $$4 ~ /^rw_/ && !alias[$$1]++ { sum += $$2; printf "%6d  %s\n", $$2, $$4 } \
			END { printf "%6d  all of them\n", sum }'

.PHONY: format
format: .venv/test.stamp ## lay out C and Python as the checks want it
	clang-format -i $(C_FILES)
	$(BIN)/ruff check --fix $(PYTHON_FILES)
	$(BIN)/ruff format $(PYTHON_FILES)

.PHONY: lint
lint: .venv/test.stamp ## formatting, types and static analysis
	$(BIN)/ruff check $(PYTHON_FILES)
	$(BIN)/ruff format --check $(PYTHON_FILES)
	$(BIN)/mypy
	clang-format --dry-run --Werror $(C_FILES)
	{ printf '%s\n' runtime/src/*.c runtime/src/ports/*.c runtime/shims/rtthread/*.c | \
		xargs -P 2 -I{} clang-tidy --quiet {} -- $(C_FLAGS); \
	for cpu in cortex-m0plus cortex-m3; do \
		printf '%s\n' runtime/src/*.c runtime/shims/rtthread/*.c | xargs -P 2 -I{} \
			clang-tidy --quiet {} -- $(C_FLAGS) --target=arm-none-eabi -mcpu=$$cpu -ffreestanding; \
	done; } 2>&1 | sed '/^[0-9]* warnings\{0,1\} generated\.$$/d' # counts what is suppressed

.PHONY: clean
clean: ## remove what was built; .venv stays
	rm -rf build

# One stamp for each set of tools; a second run has nothing to do.
.venv/%.stamp: pyproject.toml .ci/setup .ci/packages.txt
	.ci/setup $*
	touch $@

.SUFFIXES:
