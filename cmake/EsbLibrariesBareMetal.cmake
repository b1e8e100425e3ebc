# The same targets for a chip without an operating system: headers only, taken from the host's packages through a
# folder of links, so that nothing else of the host's headers can be seen. Linking them is the firmware's business.
set(ESB_HOST_HEADERS ${CMAKE_BINARY_DIR}/host-headers)
file(MAKE_DIRECTORY ${ESB_HOST_HEADERS})
foreach(header mbedtls http_parser.h cjson)
  if(NOT EXISTS /usr/include/${header})
    message(FATAL_ERROR "/usr/include/${header} is missing: install libmbedtls-dev, libhttp-parser-dev and libcjson-dev")
  endif()
  file(CREATE_LINK /usr/include/${header} ${ESB_HOST_HEADERS}/${header} SYMBOLIC)
endforeach()
foreach(library MBEDTLS HTTP_PARSER CJSON)
  add_library(PkgConfig::${library} INTERFACE IMPORTED GLOBAL)
  target_include_directories(PkgConfig::${library} INTERFACE ${ESB_HOST_HEADERS} ${ESB_HOST_HEADERS}/cjson)
endforeach()
