# Update keys on their way from public JWK files into firmware; for the virtual chip and for ESP-IDF, whose CMake may be
# too old for string(JSON). A JWK's members are plain texts, so a pattern finds them.

# The member of the JWK, empty if there is none.
function(esb_jwk_member jwk name out)
  set(value "")
  if(jwk MATCHES "\"${name}\"[ \t\r\n]*:[ \t\r\n]*\"([^\"]*)\"")
    set(value "${CMAKE_MATCH_1}")
  endif()
  set(${out} "${value}" PARENT_SCOPE)
endfunction()

# The public key of a JWK file as "x.y".
function(esb_read_public_key file out)
  get_filename_component(path "${file}" ABSOLUTE)
  if(NOT EXISTS "${path}")
    message(FATAL_ERROR "The update key file ${path} does not exist. Make one with: esb key new")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
  file(READ "${path}" jwk)
  foreach(member kty crv x y d)
    esb_jwk_member("${jwk}" ${member} ${member})
  endforeach()
  if(NOT d STREQUAL "")
    message(FATAL_ERROR "${path} holds a PRIVATE key. Name the public key file instead")
  endif()
  if(NOT kty STREQUAL "EC" OR NOT crv STREQUAL "P-256" OR x STREQUAL "" OR y STREQUAL "")
    message(FATAL_ERROR "${path} is not the JWK of an EC P-256 public key")
  endif()
  set(${out} "${x}.${y}" PARENT_SCOPE)
endfunction()

# esb_update_keys(OUT KEYS x.y... FILES key.jwk...): all of them as the initializers of a C array. At least one is
# needed: without it the device could never be updated.
function(esb_update_keys out)
  cmake_parse_arguments(ARG "" "" "KEYS;FILES" ${ARGN})
  foreach(file ${ARG_FILES})
    esb_read_public_key("${file}" key)
    list(APPEND ARG_KEYS ${key})
  endforeach()
  if(NOT ARG_KEYS)
    message(FATAL_ERROR "No update key: give UPDATE_KEYS or UPDATE_KEY_FILE")
  endif()
  foreach(key ${ARG_KEYS})
    # 43 base64url characters a coordinate.
    string(LENGTH "${key}" length)
    if(NOT length EQUAL 87 OR NOT key MATCHES "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$")
      message(FATAL_ERROR "\"${key}\" is not a P-256 public key in the form x.y")
    endif()
  endforeach()
  list(TRANSFORM ARG_KEYS REPLACE "(.+)" "\"\\1\"")
  list(JOIN ARG_KEYS "," keys)
  set(${out} "${keys}" PARENT_SCOPE)
endfunction()
