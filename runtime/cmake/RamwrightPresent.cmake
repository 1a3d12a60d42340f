# SPDX-License-Identifier: Apache-2.0
#
# Takes the stamp of the last run away where one of its outputs is missing. Run with cmake -P.
foreach(output IN LISTS outputs)
    if(NOT EXISTS "${output}")
        file(REMOVE "${stamp}")
    endif()
endforeach()
