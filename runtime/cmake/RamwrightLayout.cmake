# SPDX-License-Identifier: Apache-2.0

# ramwright_add_layout(TARGET <executable> CONFIG <yaml> SCRIPT <linker script>
#                      [PORT <kernel>] [SHIMS <name>...] [OPTIONS <option>...])
#
# TARGET  the firmware, an executable made in this directory
# CONFIG  the memory layout, relative to the current source directory
# SCRIPT  the board's linker script, likewise; it is not changed
# SHIMS   interfaces of others onto the layout's default object: folders of runtime/shims
# PORT    the kernel, as `target.rtos` of the layout names it; without it the bare machine. What its port
#         includes is looked for where the firmware looks
# OPTIONS what every command is told about the layout: --variant lite, -D NAME=VALUE, --root, --cc
#
# Makes, for a target fw:
#   fw_ramwright_generate  runs the generator when the layout, what it includes, or the generator changed
#   fw_ramwright_layout    object library of the generated C
#   fw_ramwright_runtime   static library of the runtime, compiled with the flags of fw
#   fw_ramwright_shims     object library of the shims, if there are any, likewise
# and, after fw is linked, compares the ELF with the layout; a difference fails the build.
function(ramwright_add_layout)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;CONFIG;SCRIPT;PORT" "SHIMS;OPTIONS")
    _ramwright_check_arguments()
    _ramwright_choose_port()
    cmake_path(ABSOLUTE_PATH arg_CONFIG BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    cmake_path(ABSOLUTE_PATH arg_SCRIPT BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    set(directory "${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}_ramwright")

    _ramwright_list_outputs()
    _ramwright_generate()
    _ramwright_compile()
    _ramwright_compile_shims()
    _ramwright_link()
endfunction()

set(Ramwright_PRESENT_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/RamwrightPresent.cmake")

# The helpers are macros: they share the variables of ramwright_add_layout.

macro(_ramwright_check_arguments)
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "ramwright_add_layout: unknown argument: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    foreach(name IN ITEMS TARGET CONFIG SCRIPT)
        if(NOT arg_${name})
            message(FATAL_ERROR "ramwright_add_layout: ${name} is missing")
        endif()
    endforeach()
    if(NOT TARGET "${arg_TARGET}")
        message(FATAL_ERROR "ramwright_add_layout: there is no target ${arg_TARGET}")
    endif()
    get_target_property(type "${arg_TARGET}" TYPE)
    if(NOT type STREQUAL "EXECUTABLE")
        message(FATAL_ERROR "ramwright_add_layout: ${arg_TARGET} is not an executable")
    endif()
    if(TARGET "${arg_TARGET}_ramwright_generate")
        message(FATAL_ERROR "ramwright_add_layout: ${arg_TARGET} has a layout already; one image has one layout")
    endif()
    get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
    if(NOT "C" IN_LIST languages)
        message(FATAL_ERROR "ramwright_add_layout: the runtime is C; add C to the languages of project()")
    endif()
endmacro()

macro(_ramwright_choose_port)
    if(arg_PORT)
        string(REPLACE "-" "_" port "ramwright/ports/${arg_PORT}.h")
        if(NOT EXISTS "${Ramwright_INCLUDE_DIR}/${port}")
            message(FATAL_ERROR "ramwright_add_layout: there is no port ${arg_PORT}")
        endif()
        target_compile_definitions("${arg_TARGET}" PRIVATE "RW_PORT_HEADER=\"${port}\"")
    endif()
endmacro()

# The names of the outputs carry the layout's name, so a changed layout configures again.
macro(_ramwright_list_outputs)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${arg_CONFIG}")
    execute_process(
        COMMAND "${Ramwright_EXECUTABLE}" generate "${arg_CONFIG}" ${arg_OPTIONS} -o "${directory}"
            --list-outputs
        OUTPUT_VARIABLE outputs
        OUTPUT_STRIP_TRAILING_WHITESPACE
        RESULT_VARIABLE status
    )
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "ramwright_add_layout: ${arg_CONFIG} has errors, see above")
    endif()
    string(REPLACE "\n" ";" outputs "${outputs}")
    # What a layout of another name left behind could still be included.
    file(GLOB stale "${directory}/*_memory.*" "${directory}/*_memory_check.ld")
    list(REMOVE_ITEM stale ${outputs})
    if(stale)
        file(REMOVE ${stale})
    endif()
    set(generated_source "${outputs}")
    list(FILTER generated_source INCLUDE REGEX "_memory\\.c$")
    set(fragment "${outputs}")
    list(FILTER fragment INCLUDE REGEX "_memory\\.ld$")
    set(check "${outputs}")
    list(FILTER check INCLUDE REGEX "_memory_check\\.ld$")
endmacro()

# Outputs are rewritten only where their content changed, so they may stay older than the layout;
# the stamp is what is up to date or not.
macro(_ramwright_generate)
    set(stamp "${directory}/generated.stamp")
    file(MAKE_DIRECTORY "${directory}")
    # The Makefile generators add what a depfile names to what it named before. A file that is gone,
    # a module that an upgrade dropped, would be missing, and the layout out of date, for ever.
    set(forget "")
    if(CMAKE_GENERATOR MATCHES "Makefiles")
        set(known "CMakeFiles/${arg_TARGET}_ramwright_generate.dir/compiler_depend.internal")
        set(forget COMMAND "${CMAKE_COMMAND}" -E rm -f "${CMAKE_CURRENT_BINARY_DIR}/${known}")
    endif()
    add_custom_command(
        OUTPUT "${stamp}"
        BYPRODUCTS ${outputs}
        COMMAND "${Ramwright_EXECUTABLE}" generate "${arg_CONFIG}" ${arg_OPTIONS} -o "${directory}"
            --depfile "${stamp}.d" --depfile-target "${stamp}"
        COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
        ${forget}
        DEPENDS "${arg_CONFIG}"
        DEPFILE "${stamp}.d"
        COMMENT "Generating the memory layout of ${arg_TARGET}"
        VERBATIM
    )
    add_custom_target("${arg_TARGET}_ramwright_generate" DEPENDS "${stamp}")
    # Ninja writes a deleted by-product anew; the Makefile generators have no rule for it.
    if(CMAKE_GENERATOR MATCHES "Makefiles")
        add_custom_target(
            "${arg_TARGET}_ramwright_present"
            COMMAND "${CMAKE_COMMAND}" "-Dstamp=${stamp}" "-Doutputs=${outputs}"
                -P "${Ramwright_PRESENT_SCRIPT}"
            VERBATIM
        )
        add_dependencies("${arg_TARGET}_ramwright_generate" "${arg_TARGET}_ramwright_present")
    endif()
endmacro()

# Layout and runtime must agree with the firmware on every option that changes code: CPU, float
# ABI, LTO, the port chosen by RW_PORT_HEADER. They see the firmware's options, not a copy of them.
function(_ramwright_use_flags library firmware)
    target_compile_options("${library}" PRIVATE "$<TARGET_PROPERTY:${firmware},COMPILE_OPTIONS>")
    target_compile_definitions("${library}" PRIVATE "$<TARGET_PROPERTY:${firmware},COMPILE_DEFINITIONS>")
    target_include_directories("${library}" PRIVATE "$<TARGET_PROPERTY:${firmware},INCLUDE_DIRECTORIES>")
    # What no object uses is left out even where the firmware itself is not compiled so.
    target_compile_options("${library}" PRIVATE -ffunction-sections -fdata-sections)
    set_target_properties("${library}" PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON)
endfunction()

macro(_ramwright_compile)
    # The generated header includes those that declare its types, named as seen from the layout.
    cmake_path(GET arg_CONFIG PARENT_PATH layout_directory)
    target_include_directories(
        "${arg_TARGET}" PRIVATE "${directory}" "${layout_directory}" "${Ramwright_INCLUDE_DIR}"
    )
    add_dependencies("${arg_TARGET}" "${arg_TARGET}_ramwright_generate")

    set_source_files_properties(${generated_source} PROPERTIES GENERATED TRUE)
    add_library("${arg_TARGET}_ramwright_layout" OBJECT ${generated_source})
    add_dependencies("${arg_TARGET}_ramwright_layout" "${arg_TARGET}_ramwright_generate")
    _ramwright_use_flags("${arg_TARGET}_ramwright_layout" "${arg_TARGET}")

    add_library("${arg_TARGET}_ramwright_runtime" STATIC ${Ramwright_SOURCES})
    _ramwright_use_flags("${arg_TARGET}_ramwright_runtime" "${arg_TARGET}")
endmacro()

# Objects, not members of a library: a C library that is searched later would have its own malloc
# taken for the calls of its own functions.
macro(_ramwright_compile_shims)
    set(shim_sources "")
    foreach(shim IN LISTS arg_SHIMS)
        file(GLOB sources "${Ramwright_SHIMS_DIR}/${shim}/*.c" "${Ramwright_SHIMS_DIR}/${shim}/*.cpp")
        if(NOT sources)
            message(FATAL_ERROR "ramwright_add_layout: there is no shim ${shim}; see ${Ramwright_SHIMS_DIR}")
        endif()
        if(sources MATCHES "\\.cpp" AND NOT "CXX" IN_LIST languages)
            message(FATAL_ERROR "ramwright_add_layout: the shim ${shim} is C++; add CXX to the languages of project()")
        endif()
        list(APPEND shim_sources ${sources})
        if(IS_DIRECTORY "${Ramwright_SHIMS_DIR}/${shim}/include")
            target_include_directories("${arg_TARGET}" PRIVATE "${Ramwright_SHIMS_DIR}/${shim}/include")
        endif()
    endforeach()
    if(shim_sources)
        add_library("${arg_TARGET}_ramwright_shims" OBJECT ${shim_sources})
        _ramwright_use_flags("${arg_TARGET}_ramwright_shims" "${arg_TARGET}")
        # operator new has its aligned forms from C++17 on, whatever the firmware is written in.
        set_target_properties("${arg_TARGET}_ramwright_shims" PROPERTIES CXX_STANDARD 17)
        target_sources("${arg_TARGET}" PRIVATE "$<TARGET_OBJECTS:${arg_TARGET}_ramwright_shims>")
    endif()
endmacro()

# The board's script first: ours name its memory regions and insert into its sections. -T and its
# file in one word: CMake drops repeated options, and would drop a second lone -T.
macro(_ramwright_link)
    target_sources("${arg_TARGET}" PRIVATE "$<TARGET_OBJECTS:${arg_TARGET}_ramwright_layout>")
    target_link_libraries("${arg_TARGET}" PRIVATE "${arg_TARGET}_ramwright_runtime")
    target_link_options("${arg_TARGET}" PRIVATE "-T${arg_SCRIPT}" "-T${fragment}" "-T${check}")
    # The stamp too: after any change of the layout the ELF is linked and verified anew.
    set_property(
        TARGET "${arg_TARGET}" APPEND
        PROPERTY LINK_DEPENDS "${arg_SCRIPT}" "${fragment}" "${check}" "${stamp}"
    )
    add_custom_command(
        TARGET "${arg_TARGET}" POST_BUILD
        COMMAND "${Ramwright_EXECUTABLE}" verify "${arg_CONFIG}" ${arg_OPTIONS}
            "$<TARGET_FILE:${arg_TARGET}>"
        VERBATIM
    )
endmacro()
