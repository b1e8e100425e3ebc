# The libraries of the design, from the system: PkgConfig::MBEDTLS, PkgConfig::HTTP_PARSER, PkgConfig::CJSON. Read by
# our own build and by whoever finds the installed package; all targets are global, so that a project that has this one
# as a part can link with what needs them.
set(ESB_NEEDED_PACKAGES "libmbedtls-dev, libhttp-parser-dev, libcjson-dev, pkg-config")
find_package(PkgConfig QUIET)
find_package(Threads REQUIRED GLOBAL)
# Debian's Mbed TLS and http_parser come without .pc files; cJSON has one.
if(PkgConfig_FOUND AND NOT TARGET PkgConfig::CJSON)
  pkg_check_modules(CJSON QUIET IMPORTED_TARGET GLOBAL libcjson)
endif()
if(NOT TARGET PkgConfig::CJSON)
  message(FATAL_ERROR "cJSON was not found. Debian packages: ${ESB_NEEDED_PACKAGES}")
endif()

# Another Mbed TLS than the system's: the folder it was installed into (2.28, 3.x or 4), from the environment or the
# command line. One of 4 has to be built with MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS, as ESP-IDF's is.
set(ESB_MBEDTLS_ROOT "$ENV{ESB_MBEDTLS_ROOT}" CACHE PATH "Where another Mbed TLS than the system's is installed")

# esb_find_plain(NAME HEADER LIBRARIES... [ROOT folder]): in this folder and nowhere else, where one is given.
function(esb_find_plain name header)
  cmake_parse_arguments(ARG "" "ROOT" "" ${ARGN})
  if(TARGET PkgConfig::${name})
    return()
  endif()
  set(in_include)
  set(in_lib)
  if(ARG_ROOT)
    set(in_include PATHS ${ARG_ROOT}/include NO_DEFAULT_PATH)
    set(in_lib PATHS ${ARG_ROOT}/lib ${ARG_ROOT}/lib64 NO_DEFAULT_PATH)
  endif()
  find_path(ESB_${name}_INCLUDE ${header} ${in_include})
  set(files)
  foreach(library ${ARG_UNPARSED_ARGUMENTS})
    find_library(ESB_${name}_${library} ${library} ${in_lib})
    list(APPEND files ${ESB_${name}_${library}})
  endforeach()
  if("${ESB_${name}_INCLUDE};${files}" MATCHES "NOTFOUND")
    message(FATAL_ERROR "${header} or its library was not found. Debian packages: ${ESB_NEEDED_PACKAGES}")
  endif()
  add_library(PkgConfig::${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(PkgConfig::${name} INTERFACE ${ESB_${name}_INCLUDE})
  target_link_libraries(PkgConfig::${name} INTERFACE ${files})
endfunction()
esb_find_plain(MBEDTLS mbedtls/ssl.h mbedtls mbedx509 mbedcrypto ROOT "${ESB_MBEDTLS_ROOT}")
esb_find_plain(HTTP_PARSER http_parser.h http_parser)
