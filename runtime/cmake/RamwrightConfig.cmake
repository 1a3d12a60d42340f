# SPDX-License-Identifier: Apache-2.0
#
# The CMake package: generates a memory layout, compiles it and the runtime with the flags of the
# firmware, links it around the board's own linker script and verifies the result.
#
#     find_package(Ramwright REQUIRED)                # cmake -DCMAKE_PREFIX_PATH="$(ramwright paths --cmake)"
#     add_executable(fw main.c startup.c)
#     ramwright_add_layout(TARGET fw CONFIG memory.ramwright.yaml SCRIPT board.ld)
#
# Nothing else is needed: fw sees the generated header, and must not name the board's script itself.

cmake_minimum_required(VERSION 3.21) # DEPFILE with every generator, paths in it taken relative

# Where this package lies in a wheel (prefix/lib/pythonX/site-packages/ramwright/runtime/cmake) and
# in a checkout (runtime/cmake) tells where the command that belongs to it is.
find_program(
    Ramwright_EXECUTABLE ramwright
    HINTS "${CMAKE_CURRENT_LIST_DIR}/../../../../../../bin" "${CMAKE_CURRENT_LIST_DIR}/../../.venv/bin"
    DOC "The command ramwright"
)
if(NOT Ramwright_EXECUTABLE)
    set(Ramwright_NOT_FOUND_MESSAGE
        "the command ramwright is not on the PATH; set Ramwright_EXECUTABLE to it"
    )
    set(Ramwright_FOUND FALSE)
    return()
endif()

# Generated code and runtime share an ABI number; a command of another installation may speak
# another one, and its templates would be missing from the dependencies.
execute_process(
    COMMAND "${Ramwright_EXECUTABLE}" paths --cmake
    OUTPUT_VARIABLE _ramwright_cmake_dir
    OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE _ramwright_status
)
if(NOT _ramwright_status EQUAL 0)
    set(Ramwright_NOT_FOUND_MESSAGE "${Ramwright_EXECUTABLE} does not run, see above")
    set(Ramwright_FOUND FALSE)
    return()
endif()
file(REAL_PATH "${_ramwright_cmake_dir}" _ramwright_cmake_dir)
file(REAL_PATH "${CMAKE_CURRENT_LIST_DIR}" _ramwright_own_dir)
if(NOT _ramwright_cmake_dir STREQUAL _ramwright_own_dir)
    set(Ramwright_NOT_FOUND_MESSAGE
        "${Ramwright_EXECUTABLE} belongs to another installation than ${CMAKE_CURRENT_LIST_DIR}; set Ramwright_EXECUTABLE or Ramwright_DIR so that they agree"
    )
    set(Ramwright_FOUND FALSE)
    return()
endif()

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH Ramwright_RUNTIME_DIR)
set(Ramwright_INCLUDE_DIR "${Ramwright_RUNTIME_DIR}/include")
set(Ramwright_SHIMS_DIR "${Ramwright_RUNTIME_DIR}/shims")
file(GLOB Ramwright_SOURCES "${Ramwright_RUNTIME_DIR}/src/*.c")

include("${CMAKE_CURRENT_LIST_DIR}/RamwrightLayout.cmake")
