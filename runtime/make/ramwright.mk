# SPDX-License-Identifier: Apache-2.0
#
# Memory layouts in a Makefile. Set, before the include:
#
#   RAMWRIGHT_CONFIG       the layout; default memory.ramwright.yaml
#   RAMWRIGHT_SCRIPT       the board's linker script; it is not changed
#   RAMWRIGHT_DIR          where generated files and objects go; default build/ramwright
#   RAMWRIGHT_PORT         the kernel, as `target.rtos` of the layout names it; without it the bare machine
#   RAMWRIGHT              the command; default ramwright
#   RAMWRIGHT_OPTIONS      what it is told about the layout: --variant lite, -D NAME=VALUE, --root, --cc;
#                          give each choice a RAMWRIGHT_DIR of its own
#   RAMWRIGHT_SHIMS        interfaces of others onto the layout's default object: names of folders of
#                          `ramwright paths --shims`; default none
#
# Use, after it:
#
#   RAMWRIGHT_CPPFLAGS     for every source that includes <name>_memory.h
#   RAMWRIGHT_OBJECTS      the compiled layout and the library of the runtime, to be linked; they are
#                          compiled with the CC, AR, CPPFLAGS and CFLAGS (a shim in C++: CXX and
#                          CXXFLAGS) of the firmware
#   RAMWRIGHT_LDFLAGS      the linker scripts in their order; do not name RAMWRIGHT_SCRIPT yourself
#   RAMWRIGHT_LINK_DEPENDS what the ELF depends on besides objects
#   ramwright_verify       last step of the link: fails, and removes the ELF, where it differs from the
#                          layout
#
#   RAMWRIGHT_SCRIPT := board.ld
#   include $(or $(shell ramwright paths --make),$(error the command ramwright is not on the PATH))
#   CPPFLAGS += $(RAMWRIGHT_CPPFLAGS)
#   fw.elf: main.o $(RAMWRIGHT_OBJECTS) $(RAMWRIGHT_LINK_DEPENDS)
#   	$(CC) $(CFLAGS) $(LDFLAGS) $(RAMWRIGHT_LDFLAGS) -o $@ main.o $(RAMWRIGHT_OBJECTS)
#   	$(call ramwright_verify,$@)
#
# The generator runs while Make reads its makefiles, so the header is there before anything is
# compiled; dependencies found by the compiler (-MMD) do the rest. It does not run for goals named
# clean, distclean or help. Where the path of the project has spaces, use relative names.

RAMWRIGHT ?= ramwright
RAMWRIGHT_CONFIG ?= memory.ramwright.yaml
RAMWRIGHT_DIR ?= build/ramwright
ifndef RAMWRIGHT_SCRIPT
$(error ramwright.mk: set RAMWRIGHT_SCRIPT to the linker script of the board)
endif

ramwright_goal := $(.DEFAULT_GOAL)
ramwright_empty :=
ramwright_space := $(ramwright_empty) $(ramwright_empty)
ramwright_layout := $(RAMWRIGHT_DIR)/layout.mk

# One file is the stamp of the last run and tells Make what that run wrote and where the runtime is.
# Outputs are rewritten only where their content changed; the stamp always. The first line of the
# depfile names the outputs; what the last run wrote and this one did not, goes.
$(ramwright_layout): $(RAMWRIGHT_CONFIG)
	@mkdir -p $(@D)
	$(RAMWRIGHT) generate $(RAMWRIGHT_CONFIG) $(RAMWRIGHT_OPTIONS) -o $(RAMWRIGHT_DIR) --depfile $@.outputs
	@source=$$($(RAMWRIGHT) paths --src) && outputs=$$(sed -n '1s/: .*//p' $@.outputs) && \
	for old in $(ramwright_outputs); do \
		case " $$outputs " in *" $$old "*) ;; *) rm -f "$$old" ;; esac; \
	done && \
	sed '1s|^.*: |$@: |' $@.outputs > $@.d && { \
		echo "ramwright_outputs := $$outputs"; \
		echo "ramwright_include := $${source%/src}/include"; \
		echo "ramwright_src := $$source"; \
		echo "ramwright_units :=" $$(cd "$$source" && echo *.c); \
		echo "ramwright_shims := $${source%/src}/shims"; \
		echo "ramwright_shim_files :=" $$(cd "$${source%/src}/shims" && echo */*); \
	} > $@.new && mv $@.new $@

ifneq ($(or $(if $(MAKECMDGOALS),,all),$(filter-out clean distclean help,$(MAKECMDGOALS))),)
include $(ramwright_layout)
-include $(ramwright_layout).d
endif

# An output that somebody deleted is written anew.
ifneq ($(filter-out $(wildcard $(ramwright_outputs)),$(ramwright_outputs)),)
.PHONY: ramwright_missing
$(ramwright_layout): ramwright_missing
endif

ramwright_generated := $(filter %_memory.c,$(ramwright_outputs))
ramwright_fragment := $(filter-out %_check.ld,$(filter %_memory.ld,$(ramwright_outputs)))
ramwright_check := $(filter %_memory_check.ld,$(ramwright_outputs))
ramwright_layout_object := $(ramwright_generated:.c=.o)
ramwright_library := $(RAMWRIGHT_DIR)/libramwright.a
ramwright_runtime_objects := $(addprefix $(RAMWRIGHT_DIR)/runtime/,$(ramwright_units:.c=.o))

# Of each shim the sources and, where it has one, the folder of headers.
ramwright_shim_folders := $(addsuffix /%,$(RAMWRIGHT_SHIMS))
ramwright_shim_used := $(filter $(ramwright_shim_folders),$(ramwright_shim_files))
ramwright_shim_sources := $(filter %.c %.cpp,$(ramwright_shim_used))
ramwright_shim_includes := $(filter %/include,$(ramwright_shim_used))
ramwright_shim_objects := $(patsubst %,$(RAMWRIGHT_DIR)/shims/%.o,$(ramwright_shim_sources))
$(if $(ramwright_shim_files),$(foreach shim,$(RAMWRIGHT_SHIMS),$(if $(filter $(shim)/%,$(ramwright_shim_sources)),,\
	$(error ramwright.mk: RAMWRIGHT_SHIMS: there is no shim $(shim); see $(ramwright_shims)))))

# The generated header includes those that declare its types, named as seen from the layout.
ramwright_port := $(if $(RAMWRIGHT_PORT),ramwright/ports/$(subst -,_,$(RAMWRIGHT_PORT)).h)
RAMWRIGHT_CPPFLAGS := $(if $(ramwright_port),'-DRW_PORT_HEADER="$(ramwright_port)"') \
	-I$(RAMWRIGHT_DIR) -I$(dir $(RAMWRIGHT_CONFIG)) "-I$(ramwright_include)" \
	$(patsubst %,"-I$(ramwright_shims)/%",$(ramwright_shim_includes))
# Shims are objects, not members of the library: a C library that is searched later would have its
# own malloc taken for the calls of its own functions.
RAMWRIGHT_OBJECTS := $(ramwright_layout_object) $(ramwright_shim_objects) $(ramwright_library)
RAMWRIGHT_LDFLAGS := -T$(RAMWRIGHT_SCRIPT) -T$(ramwright_fragment) -T$(ramwright_check)
RAMWRIGHT_LINK_DEPENDS := $(RAMWRIGHT_SCRIPT) $(ramwright_fragment) $(ramwright_check) $(ramwright_layout)
ramwright_verify = $(RAMWRIGHT) verify $(RAMWRIGHT_CONFIG) $(RAMWRIGHT_OPTIONS) $(1) || { rm -f $(1); exit 1; }

# Sections of their own: what no object uses is not linked where the firmware links with --gc-sections.
# What the Makefile says already, its sources needing the same, is not said again.
ramwright_options = $(filter-out $(1),-ffunction-sections -fdata-sections -MMD -MP) -c
ramwright_includes = $(if $(findstring $(RAMWRIGHT_CPPFLAGS),$(CPPFLAGS)),,$(RAMWRIGHT_CPPFLAGS))
ramwright_compile = $(CC) $(CPPFLAGS) $(ramwright_includes) $(CFLAGS) $(call ramwright_options,$(CPPFLAGS) $(CFLAGS))
ramwright_compile_cxx = $(CXX) $(CPPFLAGS) $(ramwright_includes) $(CXXFLAGS) $(call ramwright_options,$(CPPFLAGS) $(CXXFLAGS))

$(ramwright_layout_object): %.o: %.c
	$(ramwright_compile) -o $@ $<

$(ramwright_runtime_objects): $(RAMWRIGHT_DIR)/runtime/%.o: $(subst $(ramwright_space),\$(ramwright_space),$(ramwright_src))/%.c
	@mkdir -p $(@D)
	$(ramwright_compile) -o $@ "$<"

$(filter %.c.o,$(ramwright_shim_objects)): $(RAMWRIGHT_DIR)/shims/%.o: $(subst $(ramwright_space),\$(ramwright_space),$(ramwright_shims))/%
	@mkdir -p $(@D)
	$(ramwright_compile) -o $@ "$<"

$(filter %.cpp.o,$(ramwright_shim_objects)): $(RAMWRIGHT_DIR)/shims/%.o: $(subst $(ramwright_space),\$(ramwright_space),$(ramwright_shims))/%
	@mkdir -p $(@D)
	$(ramwright_compile_cxx) -o $@ "$<"

$(ramwright_library): $(ramwright_runtime_objects)
	rm -f $@
	$(AR) rcs $@ $^

-include $(ramwright_layout_object:.o=.d) $(ramwright_runtime_objects:.o=.d) $(ramwright_shim_objects:.o=.d)

.DEFAULT_GOAL := $(ramwright_goal)
