# ESB_BUILD_TIME: the floor of the wall clock (record/wall_clock.hpp), in seconds since 1970. By default
# SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), else the time of the newest commit, so
# that the same sources make the same image. Without either the library's own constant counts.
set(ESB_BUILD_TIME "" CACHE STRING "Seconds since 1970: no wall clock is believed before (default: the newest commit's)")
set(build_time "${ESB_BUILD_TIME}")
if(NOT build_time AND DEFINED ENV{SOURCE_DATE_EPOCH})
  set(build_time "$ENV{SOURCE_DATE_EPOCH}")
endif()
if(NOT build_time)
  execute_process(COMMAND git -C ${CMAKE_CURRENT_SOURCE_DIR} log -1 --format=%ct
                  OUTPUT_VARIABLE build_time OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE no_git)
  if(no_git)
    set(build_time "")
  endif()
endif()
if(build_time)
  if(NOT build_time MATCHES "^[0-9]+$")
    message(FATAL_ERROR "ESB_BUILD_TIME (or SOURCE_DATE_EPOCH) is \"${build_time}\", not seconds since 1970")
  endif()
  set_source_files_properties(src/esb/record/build_time.cpp PROPERTIES COMPILE_DEFINITIONS
                              ESB_BUILD_TIME=${build_time})
endif()
