# SPDX-License-Identifier: Apache-2.0
# Toolchain of the examples: cmake -DCMAKE_TOOLCHAIN_FILE=../common/arm-none-eabi.cmake …
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # there is no board to link a test program for
set(CMAKE_EXECUTABLE_SUFFIX_C .elf)
